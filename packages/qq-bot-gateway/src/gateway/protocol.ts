import { closeRuleOf, type CloseAction } from './close-codes.js'
import { opcodes, type GatewayPayload } from './payload.js'

/** A session of the platform: what a resume needs. */
export interface GatewaySession {
  readonly id: string
  /** The last sequence number that was seen; 0 before any. */
  readonly seq: number
}

/** The timers of a connection. `hello`: nothing came yet; `answer`: Identify or Resume was sent. */
export type ProtocolTimer = 'hello' | 'answer' | 'heartbeat' | 'ack'

/** How a connection ended, and what follows. */
export interface Ending {
  readonly cause:
    'closed' | 'reconnect' | 'invalid-session' | 'missed-ack' | 'silent' | 'malformed' | 'stopped' | 'failed'
  readonly action: CloseAction
  /** The platform's close code, or the one that stands for the cause. */
  readonly code: number
  readonly reason: string
  /** Whether a Resume was sent and no Resumed came back. */
  readonly refusedResume: boolean
}

/** One connection, from the outside in: everything it knows. */
export interface ProtocolState {
  readonly phase: 'silent' | 'greeted' | 'asking' | 'live' | 'over'
  readonly session: GatewaySession | undefined
  /** Whether the session is an earlier connection's. */
  readonly isResuming: boolean
  readonly heartbeatMs: number
  /** Dispatches that came before Resumed, up to now. */
  readonly replayed: number
  /** `replayed` when the answer was last waited for. */
  readonly replayedBefore: number
}

/** Delays of the protocol, milliseconds. */
export interface ProtocolTimes {
  /** From connecting to Hello, and from Identify or Resume to its answer. */
  readonly answerTimeoutMs: number
  /** From a heartbeat to its ack; never longer than the heartbeat's own interval. */
  readonly ackTimeoutMs: number
}

/** What happens to a connection. */
export type ProtocolInput =
  | { readonly kind: 'opening' }
  | { readonly kind: 'payload'; readonly payload: GatewayPayload }
  /** Identify or Resume was sent. */
  | { readonly kind: 'asked' }
  | { readonly kind: 'timer'; readonly timer: ProtocolTimer }
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string }
  | { readonly kind: 'stopped'; readonly code: number }
  /** What should have been sent could not be: no token, no session start. */
  | { readonly kind: 'failed' }

/** What is to be done about it. */
export type ProtocolEffect =
  | { readonly kind: 'arm'; readonly timer: ProtocolTimer; readonly delayMs: number; readonly isJittered?: boolean }
  | { readonly kind: 'disarm'; readonly timer: ProtocolTimer }
  | { readonly kind: 'send'; readonly payload: { readonly op: number; readonly d: unknown } }
  /** Identify, or resume this session. */
  | { readonly kind: 'ask'; readonly session: GatewaySession | undefined }
  | { readonly kind: 'ready'; readonly session: GatewaySession; readonly data: Readonly<Record<string, unknown>> }
  | { readonly kind: 'resumed'; readonly session: GatewaySession; readonly replayed: number }
  | { readonly kind: 'dispatch'; readonly payload: GatewayPayload; readonly session: GatewaySession | undefined }
  | { readonly kind: 'malformed'; readonly what: string }
  /** The connection is over; the socket is cut, or closed with a code in good order. */
  | { readonly kind: 'end'; readonly ending: Ending; readonly close: number | 'cut' }

/** A step: where the connection stands afterwards, and what to do. */
export interface ProtocolStep {
  readonly state: ProtocolState
  readonly effects: readonly ProtocolEffect[]
}

/** A close code of ours that leaves the session alive: 1000 and 1001 may end it. */
export const keepsSession = 3000

/** A close code without meaning to WebSocket: no close frame came. */
const noFrame = 1006

/** Hello may ask for anything; a heartbeat in each millisecond, or none within an hour, is a mistake. */
const longestHeartbeatMs = 600_000

/** A connection that is about to be opened; with a session it will resume. */
export function initialState(session: GatewaySession | undefined): ProtocolState {
  return { phase: 'silent', session, isResuming: session !== undefined, heartbeatMs: 0, replayed: 0, replayedBefore: 0 }
}

/** The protocol of PLATFORMS.md §1.3 without sockets and clocks: a pure function. */
export function step(state: ProtocolState, input: ProtocolInput, times: ProtocolTimes): ProtocolStep {
  if (state.phase === 'over') return { state, effects: [] }
  switch (input.kind) {
    case 'opening':
      return { state, effects: [{ kind: 'arm', timer: 'hello', delayMs: times.answerTimeoutMs }] }
    case 'payload':
      return onPayload(state, input.payload)
    case 'asked':
      return {
        state: { ...state, phase: 'asking' },
        effects: [{ kind: 'arm', timer: 'answer', delayMs: times.answerTimeoutMs }],
      }
    case 'timer':
      return onTimer(state, input.timer, times)
    case 'closed': {
      const { action } = closeRuleOf(input.code)
      return over(state, { cause: 'closed', action, code: input.code, reason: input.reason }, 'cut')
    }
    case 'stopped':
      return over(state, { cause: 'stopped', action: 'resume', code: input.code, reason: 'closed here' }, input.code)
    case 'failed':
      return over(
        state,
        { cause: 'failed', action: 'resume', code: keepsSession, reason: 'nothing to send' },
        keepsSession,
      )
  }
}

function onPayload(state: ProtocolState, payload: GatewayPayload): ProtocolStep {
  switch (payload.op) {
    case opcodes.dispatch:
      return onDispatch(state, payload)
    case opcodes.heartbeat:
      return { state, effects: [heartbeat(state)] }
    case opcodes.heartbeatAck:
      return { state, effects: [{ kind: 'disarm', timer: 'ack' }] }
    case opcodes.hello:
      return onHello(state, payload.d)
    case opcodes.reconnect:
      return over(
        state,
        { cause: 'reconnect', action: 'resume', code: keepsSession, reason: 'Reconnect' },
        keepsSession,
      )
    case opcodes.invalidSession: {
      const action = payload.d === true ? 'resume' : 'identify'
      return over(
        state,
        { cause: 'invalid-session', action, code: keepsSession, reason: 'Invalid Session' },
        keepsSession,
      )
    }
    default:
      return { state, effects: [] }
  }
}

function onDispatch(state: ProtocolState, payload: GatewayPayload): ProtocolStep {
  if (payload.t === 'READY') return onReady(state, payload)
  if (payload.t === 'RESUMED' && state.session !== undefined) {
    const { session, replayed } = state
    // Its number is not taken over: if it came before what it replays, a resume would skip that.
    return {
      state: { ...state, phase: 'live', isResuming: false },
      effects: [
        { kind: 'disarm', timer: 'answer' },
        { kind: 'resumed', session, replayed },
      ],
    }
  }
  const { session } = state
  const { s } = payload
  if (session === undefined || typeof s !== 'number')
    return { state, effects: [{ kind: 'dispatch', payload, session }] }
  // Numbered below what was seen: a replay of what is known.
  if (s <= session.seq) return { state, effects: [] }
  const seen: GatewaySession = { id: session.id, seq: s }
  const next = { ...state, session: seen, replayed: state.isResuming ? state.replayed + 1 : state.replayed }
  return { state: next, effects: [{ kind: 'dispatch', payload, session: seen }] }
}

function onReady(state: ProtocolState, { d, s = 0 }: GatewayPayload): ProtocolStep {
  const data = typeof d === 'object' && d !== null ? (d as Readonly<Record<string, unknown>>) : {}
  const id = data['session_id']
  if (typeof id !== 'string' || id === '') return malformed(state, 'Ready names no session')
  const session: GatewaySession = { id, seq: s }
  return {
    state: { ...state, phase: 'live', session, isResuming: false },
    effects: [
      { kind: 'disarm', timer: 'answer' },
      { kind: 'ready', session, data },
    ],
  }
}

function onHello(state: ProtocolState, d: unknown): ProtocolStep {
  if (state.phase !== 'silent') return { state, effects: [] }
  const heartbeatMs =
    typeof d === 'object' && d !== null && 'heartbeat_interval' in d ? d.heartbeat_interval : undefined
  if (typeof heartbeatMs !== 'number' || !(heartbeatMs >= 1 && heartbeatMs <= longestHeartbeatMs)) {
    return malformed(state, 'Hello names no heartbeat')
  }
  return {
    state: { ...state, phase: 'greeted', heartbeatMs },
    effects: [
      { kind: 'disarm', timer: 'hello' },
      { kind: 'arm', timer: 'heartbeat', delayMs: heartbeatMs, isJittered: true },
      { kind: 'ask', session: state.session },
    ],
  }
}

function onTimer(state: ProtocolState, timer: ProtocolTimer, times: ProtocolTimes): ProtocolStep {
  switch (timer) {
    case 'heartbeat':
      return {
        state,
        effects: [
          heartbeat(state),
          { kind: 'arm', timer: 'ack', delayMs: Math.min(times.ackTimeoutMs, state.heartbeatMs) },
          { kind: 'arm', timer: 'heartbeat', delayMs: state.heartbeatMs },
        ],
      }
    case 'ack':
      return over(state, { cause: 'missed-ack', action: 'resume', code: noFrame, reason: 'no heartbeat ack' }, 'cut')
    case 'answer':
      // A long replay is an answer as well, as long as it goes on.
      if (state.replayed > state.replayedBefore) {
        const waiting = { ...state, replayedBefore: state.replayed }
        return { state: waiting, effects: [{ kind: 'arm', timer: 'answer', delayMs: times.answerTimeoutMs }] }
      }
      return over(state, { cause: 'silent', action: 'resume', code: noFrame, reason: 'no answer' }, 'cut')
    case 'hello':
      return over(state, { cause: 'silent', action: 'resume', code: noFrame, reason: 'no Hello' }, 'cut')
  }
}

function heartbeat({ session }: ProtocolState): ProtocolEffect {
  return { kind: 'send', payload: { op: opcodes.heartbeat, d: session === undefined ? null : session.seq } }
}

function malformed(state: ProtocolState, what: string): ProtocolStep {
  const { state: ended, effects } = over(
    state,
    { cause: 'malformed', action: 'resume', code: keepsSession, reason: what },
    keepsSession,
  )
  return { state: ended, effects: [{ kind: 'malformed', what }, ...effects] }
}

function over(state: ProtocolState, ending: Omit<Ending, 'refusedResume'>, close: number | 'cut'): ProtocolStep {
  const refusedResume = state.isResuming && state.phase === 'asking'
  return {
    state: { ...state, phase: 'over' },
    effects: [{ kind: 'end', ending: { ...ending, refusedResume }, close }],
  }
}
