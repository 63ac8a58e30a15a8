import { ConfigError, systemClock, type Clock, type IAccessTokenCache, type Logger } from '@lingpai/core'
import { readLimited } from '../api/read-limited.js'
import type { QQBotDispatch } from '../events/qq-bot-dispatch.js'
import { opcodes, readFrame, type QQBotGatewayPayload } from '../gateway/payload.js'
import { eventIntake } from './event-intake.js'
import { harmlessly } from './harmlessly.js'
import { recentEvents } from './recent-events.js'
import { sharedEvents } from './shared-events.js'
import { signingKey, type SigningKey } from './signing-key.js'

/** Options of `qqBotWebhook`. */
export interface QQBotWebhookOptions {
  /** AppID of the bot; requests for another bot are rejected. */
  readonly appId: string | number
  /** AppSecret of the bot, which signs the requests. No token is involved. */
  readonly clientSecret: string
  /** Called with each event. The platform expects a response within 3 seconds, and otherwise sends the event again. */
  readonly onDispatch: (dispatch: QQBotDispatch) => unknown
  /**
   * When an event is acknowledged. `received`: at once, so that it is handed out at most once, and lost if the process dies before
   * `onDispatch` has finished. `handled`: after `onDispatch` has succeeded, so that it is handed out at least once. A repeated event
   * waits for the running call; if that fails, the platform is asked to send the event again. @default 'received'
   */
  readonly acknowledge?: 'received' | 'handled'
  /**
   * Shares which events were handed out, between instances and across restarts. With a lease, each event goes to one instance. If the
   * cache fails, no event is lost. @default none: each process remembers on its own
   */
  readonly cache?: IAccessTokenCache
  /** Maximum age of a signature, and maximum time that it may lie in the future, in milliseconds. @default 300_000 */
  readonly maxAgeMs?: number
  /** Maximum length of a body; a longer one is rejected with 413. @default 1_048_576 */
  readonly maxBodyBytes?: number
  /** Minimum number of events to remember in addition to those of the last `maxAgeMs`, because the platform repeats events. @default 5000 */
  readonly rememberedEvents?: number
  /** Receives rejected requests and failed listeners, without their contents. @default silent */
  readonly logger?: Logger
  /** @default systemClock of core */
  readonly clock?: Clock
}

/** Opcodes that only the webhook uses. */
const callbackOpcodes = { acknowledge: 12, validate: 13 } as const

const defaultMaxAgeMs = 300_000
const quietMs = 60_000
/** The event's own id, and that of its message. */
const namesOfEvent = 2

/** A signed validation must not be usable as a signed event: letters and digits alone are not a JSON object. */
const plainTokenPattern = /^[A-Za-z0-9_-]{1,128}$/
const eventTimePattern = /^\d{1,16}$/

/**
 * Creates the webhook of a QQ bot: a function from `Request` to `Response`, for any server that has both. It verifies the Ed25519
 * signature of each request, responds to the validation of the callback URL, and hands out each event once.
 *
 * The function responds with 200 to an accepted event, 500 to an event whose handler failed if `acknowledge` is `handled`, 401 to an
 * invalid signature, and 405, 413 or 400 to a request that is not the platform's. It never throws.
 *
 * @throws ConfigError naming the invalid option
 * @see https://bot.q.qq.com/wiki/develop/api-v2/dev-prepare/interface-framework/event-emit.html (read 2026-11-20)
 * @example
 * ```ts
 * import { qqBotWebhook } from '@lingpai/qq-bot-gateway/webhook'
 *
 * export const POST = qqBotWebhook({
 *   appId: '102000000',
 *   clientSecret: 'secret',
 *   onDispatch: ({ event, data }) => console.log(event, data),
 * })
 * ```
 */
export function qqBotWebhook(options: QQBotWebhookOptions): (request: Request) => Promise<Response> {
  assertWebhookOptions(options)
  const { clientSecret, maxBodyBytes = 1_048_576, logger } = options
  // A secret from a file usually ends with a line break; TokenManager trims it, too.
  const key = signingKey(clientSecret.trim())
  const take = intakeOf(options)
  const reject = (status: number, why: string): Response => {
    harmlessly((): unknown => logger?.warn('lingpai: qq webhook: a request was rejected', { status, why }))
    return new Response(null, { status, ...(status === 405 && { headers: { allow: 'POST' } }) })
  }

  return async (request) => {
    if (request.method !== 'POST') return reject(405, 'method')
    const body = await readLimited(request, maxBodyBytes).catch(() => 'broken' as const)
    if (body === 'broken') return reject(400, 'body')
    if (body === undefined) return reject(413, 'body')
    const why = mistrust(request.headers, body, key, options)
    if (why !== undefined && why !== 'unsigned') return reject(401, why)
    const payload = readFrame(body, false)
    if (!('op' in payload)) return reject(why === undefined ? 400 : 401, why ?? payload.problem)
    // The platform's examples of a validation carry no signature. The signed response cannot be used for anything else.
    if (payload.op === callbackOpcodes.validate) return validation(payload, key) ?? reject(400, 'validation')
    if (why !== undefined) return reject(401, why)
    if (payload.op === opcodes.heartbeat) return Response.json({ op: opcodes.heartbeatAck, d: payload.d ?? null })
    const isTaken = payload.op !== opcodes.dispatch || (await take(payload, signedOf(request.headers)))
    return isTaken ? Response.json({ op: callbackOpcodes.acknowledge }) : new Response(null, { status: 500 })
  }
}

/** Returns why a request is not the platform's; `unsigned` if it has no signature. */
function mistrust(
  headers: Headers,
  body: Buffer,
  key: SigningKey,
  { appId, maxAgeMs = defaultMaxAgeMs, clock = systemClock }: QQBotWebhookOptions,
): string | undefined {
  const claimed = headers.get('x-bot-appid')
  if (claimed !== null && claimed !== String(appId)) return 'another bot'
  const signature = headers.get('x-signature-ed25519')
  const timestamp = headers.get('x-signature-timestamp')
  if (signature === null && timestamp === null) return 'unsigned'
  if (signature === null || timestamp === null || !eventTimePattern.test(timestamp)) return 'signature'
  if (!key.verifies(Buffer.concat([Buffer.from(timestamp), body]), signature)) return 'signature'
  return Math.abs(clock.now() - Number(timestamp) * 1000) > maxAgeMs ? 'age' : undefined
}

function validation({ d }: QQBotGatewayPayload, key: SigningKey): Response | undefined {
  const { plain_token: plainToken, event_ts: eventTime } = Object(d) as Readonly<Record<string, unknown>>
  const time = typeof eventTime === 'number' ? String(eventTime) : eventTime
  if (typeof plainToken !== 'string' || !plainTokenPattern.test(plainToken)) return undefined
  if (typeof time !== 'string' || !eventTimePattern.test(time)) return undefined
  return Response.json({ plain_token: plainToken, signature: key.sign(time + plainToken) })
}

/** A signature is valid from `maxAgeMs` before its time to `maxAgeMs` after it. */
function intakeOf(options: QQBotWebhookOptions): ReturnType<typeof eventIntake> {
  const { appId, onDispatch, acknowledge = 'received', cache, maxAgeMs = defaultMaxAgeMs } = options
  const { rememberedEvents = 5000, logger, clock = systemClock } = options
  const rememberedMs = 2 * maxAgeMs
  let quietUntilMs = -Infinity
  const failed = (): void => {
    // A cache that is down fails on every event; one warning per minute is enough.
    if (clock.monotonic() < quietUntilMs) return
    quietUntilMs = clock.monotonic() + quietMs
    harmlessly((): unknown =>
      logger?.warn('lingpai: qq webhook: the cache failed; events are remembered by this process only', {}),
    )
  }
  const shared = cache && sharedEvents({ use: { cache, clock, failed }, appId: String(appId), rememberedMs })
  const recent = recentEvents(clock, rememberedMs, namesOfEvent * rememberedEvents)
  return eventIntake({ onDispatch, acknowledge, recent, shared, logger })
}

/** Returns the same text for the same signature. */
function signedOf(headers: Headers): string {
  return `${headers.get('x-signature-timestamp')}.${headers.get('x-signature-ed25519')?.toLowerCase()}`
}

function assertWebhookOptions(options: Partial<QQBotWebhookOptions>): void {
  const { appId, clientSecret, onDispatch, maxAgeMs, maxBodyBytes, rememberedEvents } = options
  // JavaScript callers can pass anything.
  const { acknowledge = 'received', cache } = options as {
    acknowledge?: unknown
    cache?: Partial<IAccessTokenCache> | null
  }
  if (!/^\d+$/.test(String(appId))) throw malformed('appId', 'the numeric AppID of the bot')
  if (typeof clientSecret !== 'string' || clientSecret.trim() === '')
    throw malformed('clientSecret', 'the AppSecret of the bot')
  if (typeof onDispatch !== 'function') throw malformed('onDispatch', 'a function')
  if (acknowledge !== 'received' && acknowledge !== 'handled') throw malformed('acknowledge', "'received' or 'handled'")
  if (cache !== undefined && typeof cache?.get !== 'function') throw malformed('cache', 'an IAccessTokenCache')
  // NaN would disable the limit.
  for (const [field, value] of Object.entries({ maxAgeMs, maxBodyBytes, rememberedEvents })) {
    if (value !== undefined && !(Number.isFinite(value) && value > 0)) throw malformed(field, 'a positive number')
  }
}

function malformed(field: string, wanted: string): ConfigError {
  return new ConfigError(`qq webhook: "${field}" must be ${wanted}`, { field, problem: 'malformed' })
}
