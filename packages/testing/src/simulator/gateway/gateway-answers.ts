import type { GatewayBook } from './gateway-book.js'
import type { DisturbedMoment } from './gateway-effect.js'
import { identify, resume, type Greeting, type TokenCheck } from './gateway-greeting.js'
import type { GatewayLedgerEntry } from './gateway-ledger.js'
import type { GatewayLine } from './gateway-line.js'
import type { GatewaySession, SentEvent } from './gateway-session.js'

/** The part of a connection that handling a payload needs. */
export interface GatewayTalk {
  readonly book: GatewayBook
  readonly line: GatewayLine
  readonly check: TokenCheck
  readonly session: GatewaySession | undefined
  /** Moves the session to this connection. */
  readonly carry: (session: GatewaySession) => void
  readonly note: (entry: Omit<GatewayLedgerEntry, 'atMs'>) => void
  /** Applies a pending disturbance at this moment. @returns whether there was one */
  readonly meets: (moment: DisturbedMoment) => boolean
  readonly close: (code: number, reason: string) => void
}

/**
 * Handles a payload of a client: Heartbeat (op 1), Identify (2) or Resume (6). Any other ends the connection.
 *
 * @see https://bot.q.qq.com/wiki/develop/api-v2/event-emit/websocket.html (read 2026-11-20)
 */
export function answerPayload(talk: GatewayTalk, text: string): void {
  const { book, check, close } = talk
  const payload = payloadOf(text)
  if (payload === undefined) close(4002, 'decode error')
  else if (payload.op === 1) answerHeartbeat(talk, payload.d)
  else if (payload.op !== 2 && payload.op !== 6) close(4001, 'unknown opcode')
  else if (talk.session !== undefined) close(4005, 'already authenticated')
  else {
    const kind = payload.op === 2 ? 'identify' : 'resume'
    const fields = typeof payload.d === 'object' && payload.d !== null ? (payload.d as Record<string, unknown>) : {}
    const seq = typeof fields['seq'] === 'number' ? fields['seq'] : null
    if (talk.meets(kind)) talk.note({ kind, seq, code: -1 })
    else answerGreeting(talk, kind, (kind === 'identify' ? identify : resume)(book, check, fields), seq)
  }
}

function answerHeartbeat({ line, note, meets }: GatewayTalk, seq: unknown): void {
  note({ kind: 'heartbeat', seq: typeof seq === 'number' ? seq : null })
  if (meets('heartbeat')) return
  if (line.missedAcks > 0) line.missedAcks--
  else line.send({ op: 11 })
}

function answerGreeting(
  { line, note, carry, close }: GatewayTalk,
  kind: 'identify' | 'resume',
  greeting: Greeting,
  seq: number | null,
): void {
  if ('session' in greeting) {
    const { session, missed } = greeting
    carry(session)
    note({ kind, seq, code: 0 })
    for (const event of missed) line.send({ op: 0, ...event })
    line.send({ op: 0, ...session.record(kind === 'identify' ? readyOf(session) : { t: 'RESUMED', d: '' }) })
    return
  }
  const { account } = greeting
  const limit = 'limit' in greeting ? greeting.limit : undefined
  const code = 'close' in greeting ? greeting.close : 9
  note({ kind, seq, code, ...(account && { account: account.id }), ...(limit && { limit }) })
  if ('close' in greeting) close(greeting.close, greeting.reason)
  else line.send({ op: 9, d: false })
}

interface ClientPayload {
  readonly op: unknown
  readonly d: unknown
}

function payloadOf(text: string): ClientPayload | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null && 'op' in parsed
      ? { op: parsed.op, d: 'd' in parsed ? parsed.d : undefined }
      : undefined
  } catch {
    return undefined
  }
}

function readyOf({ id, account, shard }: GatewaySession): Omit<SentEvent, 's'> {
  const user = { id: account.ids['appId'], username: 'demo bot', bot: true }
  return { t: 'READY', d: { version: 1, session_id: id, user, shard } }
}
