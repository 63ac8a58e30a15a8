import { isLingpaiError, type AnyLingpaiError, type TokenRecord, type TokenSource } from '@lingpai/core'
import { classify, networkFault, platformError, type ErrorResponse } from '@lingpai/core/internal'
import type { CommandContext } from '../command.js'
import type { Configuration, ConfiguredAccount } from '../configuration/configuration.js'
import { openAddressOf } from '../exposures.js'
import { openAccounts, secretOf } from '../open-accounts.js'
import type { FoundSecret } from '../read-secret.js'
import { durationText, relativeText } from '../words.js'
import { checkSecret } from './check-secret.js'
import { findingsOf, type Finding } from './finding.js'
import { watchedFetch, type WatchedFetch } from './watched-fetch.js'

/** With a larger difference, dead tokens may look usable. */
const mostSkewMs = 30_000
const probeTimeoutMs = 10_000

/** Checks an account, in an order in which each check depends on the previous ones. */
export async function checkAccount(
  account: ConfiguredAccount,
  configuration: Configuration,
  { io, output }: Pick<CommandContext, 'io' | 'output'>,
): Promise<readonly Finding[]> {
  const { fail } = findingsOf(account.name)
  let secret: FoundSecret
  try {
    secret = await secretOf(account, io)
  } catch (error) {
    return [fail('secret', messageOf(error), { action: hintOf(error) })]
  }
  const watched = watchedFetch(io.fetch, io.clock)
  const accounts = await openAccounts(configuration, {
    io,
    output,
    fetch: watched.fetch,
    // The cache has its own check.
    warn: () => undefined,
  })
  try {
    const source = accounts.source(account, secret)
    const before = [checkSecret(account.name, 'secret', secret), ...checkAddress(account)]
    const got = await getToken(source, watched)
    if (!('value' in got)) return [...before, failed(account, 'token', got), ...checkClock(account, watched)]
    output.hide(got.value)
    const token = findingsOf(account.name).ok(
      'token',
      `generation ${got.generation}, expires ${relativeText(got.expiresAtMs, io.clock.now())}`,
    )
    const known = [secret.value, got.value]
    const works = await checkWorks(account, source, { language: configuration.language ?? 'en', known })
    return [...before, token, works, ...checkClock(account, watched)]
  } catch (error) {
    return [fail('configuration', messageOf(error), { action: hintOf(error) })]
  } finally {
    await accounts.close()
  }
}

function checkAddress({ name, provider }: ConfiguredAccount): readonly Finding[] {
  const open = openAddressOf(provider)
  if (open === undefined) return []
  const text = `${open} is not encrypted: others can read the secret on the network`
  return [findingsOf(name).warn('address', text, { action: 'Use https.' })]
}

/** Gets a token from the cache or the platform. Retries a remembered failure, because the user may have fixed its cause. */
async function getToken(source: TokenSource, { requests }: WatchedFetch): Promise<TokenRecord | AnyLingpaiError> {
  try {
    return await source.getRecord()
  } catch (error) {
    if (!isLingpaiError(error) || error.code === 'ERR_LINGPAI_CONFIG') throw error
    const isRemembered = requests() === 0 && error.code !== 'ERR_LINGPAI_LEASE'
    if (!isRemembered) return error
  }
  try {
    return await source.refresh({ note: 'lingpai doctor' })
  } catch (error) {
    if (isLingpaiError(error)) return error
    throw error
  }
}

function failed(account: ConfiguredAccount, check: string, error: AnyLingpaiError): Finding {
  const ip = error.code === 'ERR_LINGPAI_PLATFORM' ? error.details.ip : undefined
  const host = account.provider.spec.baseUrl
  const unreachable = host === undefined ? undefined : `Check that this host can reach ${new URL(host).origin}.`
  return findingsOf(account.name).fail(check, error.message, {
    action: error.hint ?? (error.code === 'ERR_LINGPAI_TRANSPORT' ? unreachable : undefined),
    ip,
  })
}

/** Calls the provider's probe with the token. */
async function checkWorks(account: ConfiguredAccount, source: TokenSource, report: ReportOptions): Promise<Finding> {
  const { ok, warn, fail } = findingsOf(account.name)
  const { spec } = account.provider
  if (spec.probe === undefined) return warn('works', 'not checked: the provider has no probe')
  const { method, url, query = {} } = spec.probe
  const search = new URLSearchParams(query).toString()
  try {
    const signal = AbortSignal.timeout(probeTimeoutMs)
    const response = await source.fetch(search === '' ? url : `${url}?${search}`, { method, signal })
    const { status, headers } = response
    const rejection = classify(spec, 'api', { status, headers, body: parsed(await response.text()) })
    if (rejection !== undefined) return apiError(account, rejection, report)
    return response.ok
      ? ok('works', `${method} ${url} accepts the token`)
      : warn('works', `${method} ${url} responded with HTTP ${status}`, { action: 'Try again later.' })
  } catch (error) {
    if (isLingpaiError(error)) return failed(account, 'works', error)
    // The error may quote the URL with the token, so it is not shown.
    const isTimeout = (error as { readonly name?: unknown }).name === 'TimeoutError'
    const host = new URL(spec.apiBaseUrl ?? spec.baseUrl ?? 'https://unknown').origin
    const text = isTimeout ? 'timed out' : 'failed'
    const isProxy = networkFault(error).problem === 'proxy'
    const action = isProxy
      ? `Check the proxy that HTTPS_PROXY names, and that it may connect to ${host}.`
      : `Check that this host can reach ${host}.`
    return fail('works', `${method} ${url} ${text}`, { action })
  }
}

/** The finding for an error of the API; some codes do not concern the token. */
function apiError({ name, provider }: ConfiguredAccount, rejection: ErrorResponse, report: ReportOptions): Finding {
  const { errorClass } = rejection
  // Redacts and escapes the platform's message, which may quote the token.
  const error = platformError(provider.spec, 'api', rejection, report)
  const { platformCode, platformMessage, ip } = error.details
  const isTokenFine = ['permission', 'rate-limited', 'quota-exhausted', 'transient', 'unknown'].includes(errorClass)
  const { warn, fail } = findingsOf(name)
  return (isTokenFine ? warn : fail)('works', `the API returned an error (${platformCode} ${platformMessage})`, {
    action: error.hint,
    ip,
  })
}

/** How the platform's messages are reported. */
interface ReportOptions {
  readonly language: 'en' | 'zh'
  /** Texts to redact. */
  readonly known: readonly string[]
}

function checkClock({ name }: ConfiguredAccount, { aheadMs }: WatchedFetch): readonly Finding[] {
  const ms = aheadMs()
  if (ms === undefined) return []
  const { ok, warn } = findingsOf(name)
  const text = `this host is ${durationText(ms)} ${ms > 0 ? 'ahead of' : 'behind'} the platform`
  if (Math.abs(ms) <= mostSkewMs) return [ok('clock', Math.abs(ms) < 1000 ? 'agrees with the platform' : text)]
  return [warn('clock', text, { action: 'Set the clock of this host, for example with NTP.' })]
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function messageOf(error: unknown): string {
  if (!isLingpaiError(error)) throw error
  return error.message
}

function hintOf(error: unknown): string | undefined {
  return isLingpaiError(error) ? error.hint : undefined
}
