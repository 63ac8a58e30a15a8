import { ConfigError, systemClock, type Clock, type IAccessTokenCache, type Logger } from '@lingpai/core'
import { readLimited } from '../api/read-limited.js'
import type { GatewayDispatch } from '../events/gateway-dispatch.js'
import { opcodes, readFrame, type GatewayPayload } from '../gateway/payload.js'
import { eventIntake } from './event-intake.js'
import { harmlessly } from './harmlessly.js'
import { recentEvents } from './recent-events.js'
import { sharedEvents } from './shared-events.js'
import { signingKey, type SigningKey } from './signing-key.js'

/** How a webhook is served. */
export interface WebhookHandlerOptions {
  /** AppID of the bot; requests for another one are refused. */
  readonly appId: string | number
  /** AppSecret of the bot: the signatures hang on it, no token does. */
  readonly clientSecret: string
  /** Is given each event. The platform wants its response within 3 seconds, and sends the event again otherwise. */
  readonly onDispatch: (dispatch: GatewayDispatch) => unknown
  /**
   * When an event is acknowledged. `received`: at once, so that it is handed out at most once, and lost if the process dies before
   * `onDispatch` is done. `handled`: when `onDispatch` is done, so that it is handed out at least once; while it works the same event
   * waits with it, and where it fails the platform is asked to send the event again. @default 'received'
   */
  readonly acknowledge?: 'received' | 'handled'
  /**
   * Where instances, and a process after a restart, share which events were handed out; with a lease, each event goes to one of
   * them. A cache that fails takes no event away. @default none: each process remembers for itself
   */
  readonly cache?: IAccessTokenCache
  /** A signature that is older than this, or from as far ahead, is refused, milliseconds. @default 300_000 */
  readonly maxAgeMs?: number
  /** A longer body is refused with 413. @default 1_048_576 */
  readonly maxBodyBytes?: number
  /** Events that are remembered, at least, beyond those of the last `maxAgeMs`: the platform sends again what was not answered in time. @default 5000 */
  readonly rememberedEvents?: number
  /** Refused requests and failed listeners, without their contents. @default silent */
  readonly logger?: Logger
  /** @default systemClock of core */
  readonly clock?: Clock
}

/** Opcodes that only a webhook knows. */
const callbackOpcodes = { acknowledge: 12, validate: 13 } as const

const defaultMaxAgeMs = 300_000
const quietMs = 60_000
/** Its own id, and that of the message. */
const namesOfEvent = 2

/** What is signed for a validation must never be what is signed for an event: letters and digits are no JSON. */
const plainTokenPattern = /^[A-Za-z0-9_-]{1,128}$/
const eventTimePattern = /^\d{1,16}$/

/**
 * The webhook of a QQ bot as a function from request to response, for any server that speaks `Request` and `Response`. It checks the
 * Ed25519 signature of each request, answers the validation of the callback address, and hands out each event once.
 *
 * Answers 200 to what it took, 500 to an event whose handler failed where `acknowledge` is `handled`, 401 to a bad signature, 405, 413
 * and 400 to what is no request of the platform; it throws nothing.
 *
 * @throws ConfigError naming an option that cannot be
 * @see https://bot.q.qq.com/wiki/develop/api-v2/dev-prepare/interface-framework/event-emit.html (read 2026-11-20)
 */
export function webhookHandler(options: WebhookHandlerOptions): (request: Request) => Promise<Response> {
  assertWebhookOptions(options)
  const { clientSecret, maxBodyBytes = 1_048_576, logger } = options
  const key = signingKey(clientSecret)
  const take = intakeOf(options)
  const refuse = (status: number, why: string): Response => {
    harmlessly((): unknown => logger?.warn('lingpai: qq webhook: a request was refused', { status, why }))
    return new Response(null, { status, ...(status === 405 && { headers: { allow: 'POST' } }) })
  }

  return async (request) => {
    if (request.method !== 'POST') return refuse(405, 'method')
    const body = await readLimited(request, maxBodyBytes).catch(() => 'broken' as const)
    if (body === 'broken') return refuse(400, 'body')
    if (body === undefined) return refuse(413, 'body')
    const why = mistrust(request.headers, body, key, options)
    if (why !== undefined && why !== 'unsigned') return refuse(401, why)
    const payload = readFrame(body, false)
    if (!('op' in payload)) return refuse(why === undefined ? 400 : 401, why ?? payload.problem)
    // The platform's examples of a validation carry no signature; nothing but its answer comes of it.
    if (payload.op === callbackOpcodes.validate) return validation(payload, key) ?? refuse(400, 'validation')
    if (why !== undefined) return refuse(401, why)
    if (payload.op === opcodes.heartbeat) return Response.json({ op: opcodes.heartbeatAck, d: payload.d ?? null })
    const isTaken = payload.op !== opcodes.dispatch || (await take(payload, signedOf(request.headers)))
    return isTaken ? Response.json({ op: callbackOpcodes.acknowledge }) : new Response(null, { status: 500 })
  }
}

/** Why a request is not the platform's; `unsigned` where it does not even claim to be. */
function mistrust(
  headers: Headers,
  body: Buffer,
  key: SigningKey,
  { appId, maxAgeMs = defaultMaxAgeMs, clock = systemClock }: WebhookHandlerOptions,
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

function validation({ d }: GatewayPayload, key: SigningKey): Response | undefined {
  const { plain_token: plainToken, event_ts: eventTime } = Object(d) as Readonly<Record<string, unknown>>
  const time = typeof eventTime === 'number' ? String(eventTime) : eventTime
  if (typeof plainToken !== 'string' || !plainTokenPattern.test(plainToken)) return undefined
  if (typeof time !== 'string' || !eventTimePattern.test(time)) return undefined
  return Response.json({ plain_token: plainToken, signature: key.sign(time + plainToken) })
}

/** A signature can be used from `maxAgeMs` before its moment to `maxAgeMs` after it. */
function intakeOf(options: WebhookHandlerOptions): ReturnType<typeof eventIntake> {
  const { appId, onDispatch, acknowledge = 'received', cache, maxAgeMs = defaultMaxAgeMs } = options
  const { rememberedEvents = 5000, logger, clock = systemClock } = options
  const keptMs = 2 * maxAgeMs
  let quietUntilMs = -Infinity
  const failed = (): void => {
    // A cache that is down fails with every event.
    if (clock.monotonic() < quietUntilMs) return
    quietUntilMs = clock.monotonic() + quietMs
    harmlessly((): unknown => logger?.warn('lingpai: qq webhook: the cache failed; this process remembers alone', {}))
  }
  const shared = cache && sharedEvents({ use: { cache, clock, failed }, appId: String(appId), keptMs })
  const recent = recentEvents(clock, keptMs, namesOfEvent * rememberedEvents)
  return eventIntake({ onDispatch, acknowledge, recent, shared, logger })
}

/** One spelling for each signature. */
function signedOf(headers: Headers): string {
  return `${headers.get('x-signature-timestamp')}.${headers.get('x-signature-ed25519')?.toLowerCase()}`
}

function assertWebhookOptions(options: Partial<WebhookHandlerOptions>): void {
  const { appId, clientSecret, onDispatch, maxAgeMs, maxBodyBytes, rememberedEvents } = options
  // From JavaScript anything may come.
  const { acknowledge = 'received', cache } = options as {
    acknowledge?: unknown
    cache?: Partial<IAccessTokenCache> | null
  }
  if (!/^\d+$/.test(String(appId))) throw malformed('appId', 'the AppID of the bot, digits')
  if (typeof clientSecret !== 'string' || clientSecret.trim() === '')
    throw malformed('clientSecret', 'the AppSecret of the bot')
  if (typeof onDispatch !== 'function') throw malformed('onDispatch', 'a function')
  if (acknowledge !== 'received' && acknowledge !== 'handled') throw malformed('acknowledge', "'received' or 'handled'")
  if (cache !== undefined && typeof cache?.get !== 'function') throw malformed('cache', 'an IAccessTokenCache')
  // No number is no limit.
  for (const [field, value] of Object.entries({ maxAgeMs, maxBodyBytes, rememberedEvents })) {
    if (value !== undefined && !(Number.isFinite(value) && value > 0)) throw malformed(field, 'a number above 0')
  }
}

function malformed(field: string, wanted: string): ConfigError {
  return new ConfigError(`qq webhook: "${field}" must be ${wanted}`, { field, problem: 'malformed' })
}
