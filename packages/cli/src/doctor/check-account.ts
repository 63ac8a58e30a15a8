import {
  classify,
  isLingpaiError,
  networkFault,
  platformError,
  type AnyLingpaiError,
  type Refusal,
  type TokenRecord,
  type TokenSource,
} from '@lingpai/core'
import type { CommandContext } from '../command.js'
import type { Configuration, ConfiguredAccount } from '../configuration/configuration.js'
import { openAddressOf } from '../exposures.js'
import { openAccounts, secretOf } from '../open-accounts.js'
import type { FoundSecret } from '../read-secret.js'
import { durationText, relativeText } from '../words.js'
import { checkSecret } from './check-secret.js'
import { findingsOf, type Finding } from './finding.js'
import { watchedFetch, type WatchedFetch } from './watched-fetch.js'

/** A clock that is off by more makes tokens look alive that are dead. */
const mostSkewMs = 30_000
const probeTimeoutMs = 10_000

/** Everything there is to check of one account, in the order in which one thing rests on the other. */
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
    // The cache is checked by itself.
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
  const text = `${open} is not encrypted: the secret can be read on the way`
  return [findingsOf(name).warn('address', text, { action: 'Use https.' })]
}

/** A token from the cache or the platform. A remembered failure is asked for again: the user may just have mended its cause. */
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
  const unreachable = host === undefined ? undefined : `Check that ${new URL(host).origin} can be reached from here.`
  return findingsOf(account.name).fail(check, error.message, {
    action: error.hint ?? (error.code === 'ERR_LINGPAI_TRANSPORT' ? unreachable : undefined),
    ip,
  })
}

/** Shows the token to the platform, by its cheapest call. */
async function checkWorks(account: ConfiguredAccount, source: TokenSource, told: Told): Promise<Finding> {
  const { ok, warn, fail } = findingsOf(account.name)
  const { spec } = account.provider
  if (spec.probe === undefined) return warn('works', 'not tried: the provider names no call to try it with')
  const { method, url, query = {} } = spec.probe
  const search = new URLSearchParams(query).toString()
  try {
    const signal = AbortSignal.timeout(probeTimeoutMs)
    const response = await source.fetch(search === '' ? url : `${url}?${search}`, { method, signal })
    const { status, headers } = response
    const refusal = classify(spec, 'api', { status, headers, body: parsed(await response.text()) })
    if (refusal !== undefined) return refused(account, refusal, told)
    return response.ok
      ? ok('works', `${method} ${url} accepts the token`)
      : warn('works', `${method} ${url} answered HTTP ${status}`, { action: 'Try again later.' })
  } catch (error) {
    if (isLingpaiError(error)) return failed(account, 'works', error)
    // The signal's reason, or whatever the network failed with; its words may quote the URL, which holds the token.
    const isTimeout = (error as { readonly name?: unknown }).name === 'TimeoutError'
    const host = new URL(spec.apiBaseUrl ?? spec.baseUrl ?? 'https://unknown').origin
    const text = isTimeout ? 'was not answered in time' : 'could not be sent'
    const isProxy = networkFault(error).problem === 'proxy'
    const action = isProxy
      ? `Check the proxy that HTTPS_PROXY names, and that it may connect to ${host}.`
      : `Check that ${host} can be reached from here.`
    return fail('works', `${method} ${url} ${text}`, { action })
  }
}

/** The API said no: with some codes although the token is well. */
function refused({ name, provider }: ConfiguredAccount, refusal: Refusal, { language, known }: Told): Finding {
  const { errorClass } = refusal
  // Redacted and printable: the words are the platform's, and what they quote may be the token.
  const error = platformError(provider.spec, 'api', refusal, { language, known })
  const { platformCode, platformMessage, ip } = error.details
  const isTokenWell = ['permission', 'rate-limited', 'quota-exhausted', 'transient', 'unknown'].includes(errorClass)
  const { warn, fail } = findingsOf(name)
  return (isTokenWell ? warn : fail)('works', `the API refused (${platformCode} ${platformMessage})`, {
    action: error.hint,
    ip,
  })
}

/** How what a platform said is told. */
interface Told {
  readonly language: 'en' | 'zh'
  /** What must not show. */
  readonly known: readonly string[]
}

function checkClock({ name }: ConfiguredAccount, { aheadMs }: WatchedFetch): readonly Finding[] {
  const ms = aheadMs()
  if (ms === undefined) return []
  const { ok, warn } = findingsOf(name)
  const text = `this host is ${durationText(ms)} ${ms > 0 ? 'ahead of' : 'behind'} the platform`
  if (Math.abs(ms) <= mostSkewMs) return [ok('clock', Math.abs(ms) < 1000 ? 'agrees with the platform' : text)]
  return [warn('clock', text, { action: 'Set the clock of this host, for instance by NTP.' })]
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
