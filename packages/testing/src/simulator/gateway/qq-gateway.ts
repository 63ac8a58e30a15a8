import type { Clock } from '@lingpai/core'
import type { AccountRef } from '../accounts.js'
import type { PlatformTime } from '../platform-time.js'
import type { SimAccount } from '../sim-account.js'
import type { GatewayBook } from './gateway-book.js'
import { gatewayConnection, type GatewayConnection, type GatewayDesk } from './gateway-connection.js'
import { checkDisturbance, type GatewayDisturbance } from './gateway-effect.js'
import type { TokenCheck } from './gateway-greeting.js'
import { gatewayLedger, type GatewayLedger } from './gateway-ledger.js'
import type { GatewayLine } from './gateway-line.js'
import { changedGatewaySettings, type GatewaySettings } from './gateway-settings.js'

/** The result of sending an event. */
export interface DispatchReceipt {
  /** Id of the event in the payload. */
  readonly id: string
  /** Ids of the sessions that receive it; one without a connection receives it on its resume. */
  readonly sessions: readonly string[]
}

/** Recipients of an event. */
export interface DispatchOptions {
  /** @default every account of the platform */
  readonly account?: AccountRef
  /** Repeats an earlier event under a new sequence number. @default a new id */
  readonly id?: string
}

/** State of a connection. */
export interface GatewayConnectionView {
  /** `undefined` before Identify or Resume. */
  readonly account?: string
  readonly sessionId?: string
  readonly shard?: number
  /** Half-open: the gateway may not have noticed that the client is gone. */
  readonly isFrozen: boolean
}

/** State of a session. */
export interface GatewaySessionView {
  readonly id: string
  readonly account: string
  readonly shard: number
  readonly intents: number
  readonly seq: number
  /** Whether it has a connection; others wait to be resumed. */
  readonly isConnected: boolean
}

/** The WebSocket gateway of QQ bots, at `/qq/websocket`; clients get the address from `/qq/gateway/bot`. */
export interface QqGateway {
  readonly ledger: GatewayLedger
  readonly connections: readonly GatewayConnectionView[]
  /** Sessions that are connected or can be resumed. */
  readonly sessions: readonly GatewaySessionView[]
  /** Changes the settings of the gateway. @throws ConfigError for an unknown setting */
  change(settings: Partial<GatewaySettings>): void
  /** Sends an event to every session with matching intents and shard. */
  dispatch(type: string, data?: unknown, options?: DispatchOptions): DispatchReceipt
  /**
   * Disturbs current or future connections.
   *
   * @returns the number of connections disturbed at once
   * @throws ConfigError for an invalid disturbance, or one without an effect
   */
  disturb(spec: GatewayDisturbance): number
  /** Cancels future disturbances. */
  calm(): void
  /** Ends every session without notice, as a restart of the platform does; the next resume is rejected. */
  forgetSessions(): void
}

/** What a gateway needs. */
export interface QqGatewayOptions {
  readonly book: GatewayBook
  readonly clock: Clock
  readonly time: PlatformTime
  readonly accountOf: (ref: AccountRef) => SimAccount
  readonly check: TokenCheck
  readonly maxEntries: number
}

/** A gateway that accepts sockets. */
export interface OpenedGateway extends QqGateway {
  /** Accepts a connection and sends Hello. */
  accept(line: GatewayLine): Pick<GatewayConnection, 'receive' | 'end'>
}

interface PendingDisturbance {
  readonly spec: GatewayDisturbance
  readonly account: SimAccount | undefined
  timesLeft: number
}

/** Creates a gateway without connections. */
export function qqGateway({ book, clock, time, accountOf, check, maxEntries }: QqGatewayOptions): OpenedGateway {
  const ledger = gatewayLedger(maxEntries)
  const connections = new Set<GatewayConnection>()
  const pending = new Set<PendingDisturbance>()
  const connectionOf: GatewayDesk['connectionOf'] = (session) =>
    [...connections].find((connection) => connection.session === session)
  const meet: GatewayDesk['meet'] = (moment, { session }) => {
    const met = [...pending].find(
      ({ spec, account }) => spec.at === moment && (account === undefined || session?.account === account),
    )
    if (met !== undefined && --met.timesLeft <= 0) pending.delete(met)
    return met?.spec
  }
  const desk: GatewayDesk = { book, ledger, clock, time, check, meet, connectionOf }
  const optional = (ref: AccountRef | undefined): SimAccount | undefined => (ref === undefined ? ref : accountOf(ref))

  return {
    ledger,
    get connections() {
      return [...connections].map(viewOf)
    },
    get sessions() {
      return book.sessions.map((session) => ({
        id: session.id,
        account: session.account.id,
        shard: session.shard[0],
        intents: session.intents,
        seq: session.seq,
        isConnected: session.detachedAtMs === undefined,
      }))
    },
    change: (settings) => {
      book.settings = changedGatewaySettings(book.settings, settings)
    },
    dispatch: (type, data = {}, { account, id } = {}) => {
      const event = { type, data, ...(id !== undefined && { id }) }
      const sent = book.dispatch(event, optional(account))
      for (const { session, event: copy } of sent.copies) connectionOf(session)?.deliver(copy)
      return { id: sent.id, sessions: sent.copies.map(({ session }) => session.id) }
    },
    disturb: (spec) => {
      checkDisturbance(spec)
      const account = optional(spec.account)
      if ((spec.at ?? 'now') !== 'now') {
        pending.add({ spec, account, timesLeft: spec.times ?? 1 })
        return 0
      }
      const met = [...connections].filter(({ session }) => account === undefined || session?.account === account)
      for (const connection of met) connection.disturb(spec)
      return met.length
    },
    calm: () => {
      pending.clear()
    },
    forgetSessions: () => {
      for (const session of book.sessions) book.end(session)
    },
    accept: (line) => {
      const connection = gatewayConnection(desk, line)
      connections.add(connection)
      connection.greet()
      return {
        receive: connection.receive,
        end: () => {
          if (connections.delete(connection)) connection.end()
        },
      }
    },
  }
}

function viewOf({ session, line }: GatewayConnection): GatewayConnectionView {
  const facts = session && { account: session.account.id, sessionId: session.id, shard: session.shard[0] }
  return { ...facts, isFrozen: line.isFrozen }
}
