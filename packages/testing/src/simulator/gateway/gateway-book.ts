import { randomBytes, randomUUID } from 'node:crypto'
import type { SimAccount } from '../sim-account.js'
import { isWanted } from './event-intents.js'
import { gatewaySession, type GatewaySession, type SentEvent, type SessionFacts } from './gateway-session.js'
import { defaultGatewaySettings, type GatewaySettings } from './gateway-settings.js'
import { startLimit, type StartLimit } from './start-limit.js'

/** The state of a gateway apart from its connections; uses no socket. */
export interface GatewayBook {
  settings: GatewaySettings
  readonly starts: StartLimit
  /** Sessions that have a connection or can still be resumed. */
  readonly sessions: readonly GatewaySession[]
  open(facts: Omit<SessionFacts, 'id'>): GatewaySession
  find(id: string): GatewaySession | undefined
  end(session: GatewaySession): void
  /** Adds an event to every session that wants it. */
  dispatch(event: NewEvent, account?: SimAccount): Dispatched
}

/** An event before a session has numbered it. */
export interface NewEvent {
  readonly type: string
  readonly data: unknown
  /** Set to send an event a second time. @default a new id */
  readonly id?: string
}

/** An event, and the sessions that received it. */
export interface Dispatched {
  readonly id: string
  readonly copies: readonly { readonly session: GatewaySession; readonly event: SentEvent }[]
}

/** Creates an empty book. */
export function gatewayBook(nowMs: () => number): GatewayBook {
  const sessions = new Map<string, GatewaySession>()
  const forgetLapsed = (): void => {
    for (const { id, detachedAtMs } of sessions.values()) {
      if (detachedAtMs !== undefined && nowMs() - detachedAtMs > book.settings.resumeWindowMs) sessions.delete(id)
    }
  }
  const book: GatewayBook = {
    settings: defaultGatewaySettings,
    starts: startLimit(nowMs, () => book.settings),
    get sessions() {
      forgetLapsed()
      return [...sessions.values()]
    },
    open: (facts) => {
      const session = gatewaySession({ ...facts, id: randomUUID() }, () => book.settings.keptEvents)
      sessions.set(session.id, session)
      return session
    },
    find: (id) => {
      forgetLapsed()
      return sessions.get(id)
    },
    end: ({ id }) => void sessions.delete(id),
    dispatch: ({ type, data, id = `${type}:${randomBytes(12).toString('hex')}` }, account) => {
      forgetLapsed()
      const takers = [...sessions.values()].filter(
        (session) => (account === undefined || account === session.account) && isFor(session, type, data),
      )
      return { id, copies: takers.map((session) => ({ session, event: session.record({ t: type, d: data, id }) })) }
    },
  }
  return book
}

/**
 * Whether a session wants an event and the event belongs to its shard, which is `(guild_id >> 22) % shards`. Events without a guild
 * belong to shard 0.
 *
 * @see https://bot.q.qq.com/wiki/develop/api-v2/event-emit/websocket.html (read 2026-11-20)
 */
function isFor({ intents, shard: [index, count] }: GatewaySession, type: string, data: unknown): boolean {
  const guild = typeof data === 'object' && data !== null && 'guild_id' in data ? data.guild_id : undefined
  const home = typeof guild === 'string' && /^\d+$/.test(guild) ? Number((BigInt(guild) >> 22n) % BigInt(count)) : 0
  return home === index && isWanted(intents, type)
}
