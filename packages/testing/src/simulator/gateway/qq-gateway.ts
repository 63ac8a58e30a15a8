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

/** An event on its way. */
export interface DispatchReceipt {
  /** The event's id, as clients see it in the payload. */
  readonly id: string
  /** Ids of the sessions that it was numbered in; one without a connection gets it when it resumes. */
  readonly sessions: readonly string[]
}

/** To whom an event goes. */
export interface DispatchOptions {
  /** @default every account of the platform */
  readonly account?: AccountRef
  /** Sends an earlier event again, under a new number. @default a fresh id */
  readonly id?: string
}

/** A connection, for tests to look at. */
export interface GatewayConnectionView {
  /** `undefined` before Identify or Resume. */
  readonly account?: string
  readonly sessionId?: string
  readonly shard?: number
  /** Half-open: the client may have gone without the gateway's noticing. */
  readonly isFrozen: boolean
}

/** A session, for tests to look at. */
export interface GatewaySessionView {
  readonly id: string
  readonly account: string
  readonly shard: number
  readonly intents: number
  readonly seq: number
  /** Whether a connection carries it; others wait to be resumed. */
  readonly isConnected: boolean
}

/** The WebSocket gateway of QQ bots, on `/qq/websocket`; clients learn the address from `/qq/gateway/bot`. */
export interface QqGateway {
  readonly ledger: GatewayLedger
  readonly connections: readonly GatewayConnectionView[]
  /** Sessions that are connected or can be resumed. */
  readonly sessions: readonly GatewaySessionView[]
  /** Changes how the gateway behaves from now on. @throws ConfigError for what is no setting */
  change(settings: Partial<GatewaySettings>): void
  /** Sends an event to every session whose intents and shard it fits. */
  dispatch(type: string, data?: unknown, options?: DispatchOptions): DispatchReceipt
  /**
   * Disturbs connections, now or to come.
   *
   * @returns connections that it met at once
   * @throws ConfigError for a disturbance that does nothing or cannot be
   */
  disturb(spec: GatewayDisturbance): number
  /** Ends the disturbances that are still to come. */
  calm(): void
  /** Ends every session without telling anybody, as a restart of the platform does: the next resume is refused. */
  forgetSessions(): void
}

/** What the gateway is opened with. */
export interface QqGatewayOptions {
  readonly book: GatewayBook
  readonly clock: Clock
  readonly time: PlatformTime
  readonly accountOf: (ref: AccountRef) => SimAccount
  readonly check: TokenCheck
  readonly maxEntries: number
}

/** A gateway with the way in for sockets. */
export interface OpenedGateway extends QqGateway {
  /** A new connection on a line; its Hello is sent. */
  accept(line: GatewayLine): Pick<GatewayConnection, 'receive' | 'end'>
}

interface PendingDisturbance {
  readonly spec: GatewayDisturbance
  readonly account: SimAccount | undefined
  timesLeft: number
}

/** A gateway without connections. */
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
