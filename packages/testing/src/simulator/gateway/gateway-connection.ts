import type { Clock, Timer } from '@lingpai/core'
import type { PlatformTime } from '../platform-time.js'
import { answerPayload, type GatewayTalk } from './gateway-answers.js'
import type { GatewayBook } from './gateway-book.js'
import type { DisturbedMoment, GatewayEffect } from './gateway-effect.js'
import type { TokenCheck } from './gateway-greeting.js'
import type { GatewayLedgerEntry, WritableGatewayLedger } from './gateway-ledger.js'
import { applyEffect, type GatewayLine } from './gateway-line.js'
import type { GatewaySession, SentEvent } from './gateway-session.js'

/** A connection without a heartbeat for this many intervals is closed with 4009. */
const patienceInIntervals = 1.8

/** What all connections share. */
export interface GatewayDesk {
  readonly book: GatewayBook
  readonly ledger: WritableGatewayLedger
  readonly clock: Clock
  readonly time: PlatformTime
  readonly check: TokenCheck
  /** Returns and uses up the disturbance of this moment. */
  meet(moment: DisturbedMoment, connection: GatewayConnection): GatewayEffect | undefined
  /** The connection of a session, if it has one. */
  connectionOf(session: GatewaySession): GatewayConnection | undefined
}

/** One client's connection. */
export interface GatewayConnection {
  readonly line: GatewayLine
  readonly session: GatewaySession | undefined
  /** Sends Hello. */
  readonly greet: () => void
  /** Handles a payload of the client. */
  readonly receive: (text: string) => void
  /** Sends an event, if the session has its connection here. */
  readonly deliver: (event: SentEvent) => void
  readonly disturb: (effect: GatewayEffect) => void
  /** Closes the connection from the gateway's side. */
  readonly close: (code: number, reason: string) => void
  /** Detaches the session, which another connection has taken over. */
  readonly detach: () => void
  /** The socket is gone. */
  readonly end: () => void
}

/** Creates a connection. */
export function gatewayConnection(desk: GatewayDesk, line: GatewayLine): GatewayConnection {
  const { book, ledger, clock, time } = desk
  let session: GatewaySession | undefined
  let lastSignMs = clock.monotonic()
  let timer: Timer | undefined

  const note = (entry: Omit<GatewayLedgerEntry, 'atMs'>): void => {
    const facts = session && { account: session.account.id, sessionId: session.id, shard: session.shard[0] }
    ledger.write({ atMs: clock.now(), ...facts, ...entry })
  }
  const watch = (): void => {
    const patienceMs = (book.settings.heartbeatMs / time.scale) * patienceInIntervals
    const leftMs = lastSignMs + patienceMs - clock.monotonic()
    if (leftMs <= 0) close(4009, 'session timed out')
    else timer = clock.setTimer(watch, leftMs)
  }
  const meets = (moment: DisturbedMoment): boolean => {
    const effect = desk.meet(moment, connection)
    if (effect !== undefined) connection.disturb(effect)
    return effect !== undefined
  }
  const close: GatewayConnection['close'] = (code, reason) => {
    if (line.isFrozen) return
    note({ kind: 'close', code })
    line.close(code, reason)
  }
  const talk: GatewayTalk = {
    book,
    line,
    check: desk.check,
    get session() {
      return session
    },
    carry: (carried) => {
      desk.connectionOf(carried)?.detach()
      session = carried
      session.detachedAtMs = undefined
    },
    note,
    meets,
    close,
  }

  const connection: GatewayConnection = {
    line,
    get session() {
      return session
    },
    greet: () => {
      note({ kind: 'connect' })
      watch()
      if (meets('connect')) return
      line.send({ op: 10, d: { heartbeat_interval: book.settings.heartbeatMs / time.scale } })
    },
    receive: (text) => {
      if (line.isFrozen) return
      lastSignMs = clock.monotonic()
      answerPayload(talk, text)
    },
    deliver: (event) => {
      line.send({ op: 0, ...event })
    },
    disturb: (effect) => {
      const endSession = (): void => {
        if (session !== undefined) book.end(session)
      }
      applyEffect({ line, endSession, close }, effect)
    },
    close,
    detach: () => {
      close(4009, 'session taken over')
      if (line.isFrozen) line.drop('reset')
      session = undefined
    },
    end: () => {
      timer?.cancel()
      note({ kind: 'gone' })
      if (session !== undefined) session.detachedAtMs ??= time.nowMs()
    },
  }
  return connection
}
