import { ConfigError, type IAccessTokenCache, type TokenSource } from '@lingpai/core'
import { classify, parseBody, platformError, pushedCredential, type PushedCredential } from '@lingpai/core/internal'
import { feishuStoreApp } from './store-app.js'

/**
 * Keeps the `app_ticket` of a store app in a cache, for all processes that share it. Use one that survives restarts and never evicts:
 * without the ticket there is no token.
 *
 * @example
 * ```ts
 * import { fileCache } from '@lingpai/cache-file'
 * import { appTicketIn, appTickets } from '@lingpai/provider-feishu'
 *
 * const tickets = appTickets(fileCache({ directory: '.lingpai' }), 'cli_…')
 *
 * export async function onEvent(body: unknown): Promise<void> {
 *   const event = appTicketIn(body, { verificationToken: process.env['FEISHU_VERIFICATION_TOKEN'] ?? '' })
 *   if (event !== undefined) await tickets.receive(event.appTicket) // then answer with HTTP 200
 * }
 * ```
 */
export function appTickets(cache: IAccessTokenCache, appId: string): PushedCredential {
  return pushedCredential(cache, 'feishu', appId, 'app_ticket')
}

/** A pushed ticket. */
export interface AppTicketEvent {
  readonly appId: string
  readonly appTicket: string
}

/** Options of {@link appTicketIn}. */
export interface AppTicketInOptions {
  /** The Verification Token of the app's event settings. Without it, anybody who knows the URL can replace the ticket. */
  readonly verificationToken?: string
}

/**
 * Reads the `app_ticket` from the body of a pushed event, as text or parsed, in both versions of the format. Encrypted events must be
 * decrypted first: leave the Encrypt Key of the app empty, or decrypt them with Feishu's SDK.
 *
 * @returns undefined for another event, or for one with another verification token
 * @throws ConfigError for an empty verification token, such as that of a variable that is not set
 * @see https://github.com/larksuite/node-sdk dispatcher/request-handle.ts and dispatcher/event.ts at 3a18ef0 (read 2026-11-29)
 */
export function appTicketIn(body: unknown, { verificationToken }: AppTicketInOptions = {}): AppTicketEvent | undefined {
  if (verificationToken === '') {
    throw new ConfigError('appTicketIn: "verificationToken" is empty', { field: 'verificationToken', problem: 'empty' })
  }
  const pushed = fieldsOf(typeof body === 'string' ? parseBody(body) : body)
  const header =
    'schema' in pushed ? fieldsOf(pushed['header']) : { ...pushed, event_type: fieldsOf(pushed['event'])['type'] }
  const event = fieldsOf(pushed['event'])
  if (header['event_type'] !== 'app_ticket') return undefined
  if (verificationToken !== undefined && !isSame(textOf(header['token']), verificationToken)) return undefined
  const appTicket = textOf(event['app_ticket'])
  const appId = textOf(event['app_id']) || textOf(header['app_id'])
  return appTicket === '' ? undefined : { appId, appTicket }
}

/**
 * Asks Feishu to push the `app_ticket` of a store app again, such as at the first start. The ticket arrives as an event a moment later.
 *
 * @param app a source of `feishuStoreApp` or `feishuStoreTenant`; the request goes to its host, with its secret
 * @throws PlatformError if Feishu rejects the request; otherwise any error of `requestWithSecret()`
 * @see https://github.com/larksuite/node-sdk client/app-ticket-manager.ts at f54b49f (read 2026-11-28)
 */
export async function resendAppTicket(app: TokenSource, options?: { readonly signal?: AbortSignal }): Promise<void> {
  const { status, text } = await app.requestWithSecret(
    ({ appId = '', appSecret = '' }) => ({
      method: 'POST',
      url: '/open-apis/auth/v3/app_ticket/resend',
      json: { app_id: appId, app_secret: appSecret },
    }),
    options,
  )
  const { spec } = feishuStoreApp
  const body = parseBody(text) ?? { code: status, msg: 'no JSON' }
  const rejection = classify(spec, 'token', { status, headers: new Headers(), body })
  if (rejection !== undefined) throw platformError(spec, 'token', rejection, { status, language: 'en', known: [] })
}

/** Takes as long for any wrong text of the same length. */
function isSame(given: string, expected: string): boolean {
  const differences = expected.split('').filter((character, index) => character !== given[index]).length
  return differences === 0 && given.length === expected.length
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
