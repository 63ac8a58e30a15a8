import { closeRuleOf, type QQBotCloseAction } from './close-codes.js'
import { opcodes, type QQBotGatewayPayload } from './payload.js'

/** What a resume needs to continue a session. */
export interface GatewaySession {
  readonly id: string
  /** The last sequence number that was received; 0 before the first. */
  readonly seq: number
}

/** The timers of a connection. `hello`: waiting for Hello; `response`: waiting for the response to Identify or Resume. */
export type ProtocolTimer = 'hello' | 'response' | 'heartbeat' | 'ack'

/** How a connection ended, and what to do next. */
export interface Ending {
  readonly cause:
    'closed' | 'reconnect' | 'invalid-session' | 'missed-ack' | 'silent' | 'malformed' | 'stopped' | 'failed'
  readonly action: QQBotCloseAction
  /** The platform's close code, or one that represents the cause. */
  readonly code: number
  readonly reason: string
  /** Whether a Resume was sent and no Resumed was received. */
  readonly rejectedResume: boolean
}

/** The whole state of one connection. */
export interface ProtocolState {
  readonly phase: 'silent' | 'greeted' | 'asking' | 'live' | 'over'
  readonly session: GatewaySession | undefined
  /** Whether the session was started by an earlier connection. */
  readonly isResuming: boolean
  readonly heartbeatMs: number
  /** Number of events received before Resumed. */
  readonly replayed: number
  /** Value of `replayed` when the response timer was last started. */
  readonly replayedBefore: number
}

/** Delays of the protocol, in milliseconds. */
export interface ProtocolTimes {
  /** From connecting to Hello, and from Identify or Resume to the response. */
  readonly responseTimeoutMs: number
  /** From a heartbeat to its ack; never longer than the heartbeat interval. */
  readonly ackTimeoutMs: number
}

/** Inputs of the state machine. */
export type ProtocolInput =
  | { readonly kind: 'opening' }
  | { readonly kind: 'payload'; readonly payload: QQBotGatewayPayload }
  /** Identify or Resume was sent. */
  | { readonly kind: 'asked' }
  | { readonly kind: 'timer'; readonly timer: ProtocolTimer }
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string }
  | { readonly kind: 'stopped'; readonly code: number }
  /** Identify or Resume could not be sent: no token, or no session start was available. */
  | { readonly kind: 'failed' }

/** Effects that the caller carries out. */
export type ProtocolEffect =
  | { readonly kind: 'arm'; readonly timer: ProtocolTimer; readonly delayMs: number; readonly isJittered?: boolean }
  | { readonly kind: 'disarm'; readonly timer: ProtocolTimer }
  | { readonly kind: 'send'; readonly payload: { readonly op: number; readonly d: unknown } }
  /** Identify, or resume this session. */
  | { readonly kind: 'ask'; readonly session: GatewaySession | undefined }
  | { readonly kind: 'ready'; readonly session: GatewaySession; readonly data: Readonly<Record<string, unknown>> }
  | { readonly kind: 'resumed'; readonly session: GatewaySession; readonly replayed: number }
  | { readonly kind: 'dispatch'; readonly payload: QQBotGatewayPayload; readonly session: GatewaySession | undefined }
  | { readonly kind: 'malformed'; readonly what: string }
  /** The connection is over: terminate the socket, or close it with a code. */
  | { readonly kind: 'end'; readonly ending: Ending; readonly close: number | 'cut' }

/** The next state and its effects. */
export interface ProtocolStep {
  readonly state: ProtocolState
  readonly effects: readonly ProtocolEffect[]
}

/** A close code that leaves the session alive; 1000 and 1001 may end it. */
export const resumableCode = 3000

/** The WebSocket code for a connection that ended without a close frame. */
const noFrame = 1006

/** Bounds the interval that Hello asks for, so that a mistake there neither floods the platform nor stops the heartbeat. */
const longestHeartbeatMs = 600_000

/** State of a connection that is about to open. With a session, the connection resumes it. */
export function initialState(session: GatewaySession | undefined): ProtocolState {
  return { phase: 'silent', session, isResuming: session !== undefined, heartbeatMs: 0, replayed: 0, replayedBefore: 0 }
}

/** The gateway protocol as a pure function, without sockets and clocks. */
export function step(state: ProtocolState, input: ProtocolInput, times: ProtocolTimes): ProtocolStep {
  if (state.phase === 'over') return { state, effects: [] }
  switch (input.kind) {
    case 'opening':
      return { state, effects: [{ kind: 'arm', timer: 'hello', delayMs: times.responseTimeoutMs }] }
    case 'payload':
      return onPayload(state, input.payload)
    case 'asked':
      return {
        state: { ...state, phase: 'asking' },
        effects: [{ kind: 'arm', timer: 'response', delayMs: times.responseTimeoutMs }],
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
        { cause: 'failed', action: 'resume', code: resumableCode, reason: 'no token or session start' },
        resumableCode,
      )
  }
}

function onPayload(state: ProtocolState, payload: QQBotGatewayPayload): ProtocolStep {
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
        { cause: 'reconnect', action: 'resume', code: resumableCode, reason: 'Reconnect' },
        resumableCode,
      )
    case opcodes.invalidSession: {
      const action = payload.d === true ? 'resume' : 'identify'
      return over(
        state,
        { cause: 'invalid-session', action, code: resumableCode, reason: 'Invalid Session' },
        resumableCode,
      )
    }
    default:
      return { state, effects: [] }
  }
}

function onDispatch(state: ProtocolState, payload: QQBotGatewayPayload): ProtocolStep {
  if (payload.t === 'READY') return onReady(state, payload)
  if (payload.t === 'RESUMED' && state.session !== undefined) {
    const { session, replayed } = state
    // The sequence number of Resumed is ignored: if Resumed overtakes replayed events, a later resume would skip them.
    return {
      state: { ...state, phase: 'live', isResuming: false },
      effects: [
        { kind: 'disarm', timer: 'response' },
        { kind: 'resumed', session, replayed },
      ],
    }
  }
  const { session } = state
  const { s } = payload
  if (session === undefined || typeof s !== 'number')
    return { state, effects: [{ kind: 'dispatch', payload, session }] }
  // The event was received before: this is a replay.
  if (s <= session.seq) return { state, effects: [] }
  const seen: GatewaySession = { id: session.id, seq: s }
  const next = { ...state, session: seen, replayed: state.isResuming ? state.replayed + 1 : state.replayed }
  return { state: next, effects: [{ kind: 'dispatch', payload, session: seen }] }
}

function onReady(state: ProtocolState, { d, s = 0 }: QQBotGatewayPayload): ProtocolStep {
  const data = typeof d === 'object' && d !== null ? (d as Readonly<Record<string, unknown>>) : {}
  const id = data['session_id']
  if (typeof id !== 'string' || id === '') return malformed(state, 'Ready has no session id')
  const session: GatewaySession = { id, seq: s }
  return {
    state: { ...state, phase: 'live', session, isResuming: false },
    effects: [
      { kind: 'disarm', timer: 'response' },
      { kind: 'ready', session, data },
    ],
  }
}

function onHello(state: ProtocolState, d: unknown): ProtocolStep {
  if (state.phase !== 'silent') return { state, effects: [] }
  const heartbeatMs =
    typeof d === 'object' && d !== null && 'heartbeat_interval' in d ? d.heartbeat_interval : undefined
  if (typeof heartbeatMs !== 'number' || !(heartbeatMs >= 1 && heartbeatMs <= longestHeartbeatMs)) {
    return malformed(state, 'Hello has no heartbeat interval')
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
    case 'response':
      // A long replay counts as a response as long as it goes on.
      if (state.replayed > state.replayedBefore) {
        const waiting = { ...state, replayedBefore: state.replayed }
        return { state: waiting, effects: [{ kind: 'arm', timer: 'response', delayMs: times.responseTimeoutMs }] }
      }
      return over(state, { cause: 'silent', action: 'resume', code: noFrame, reason: 'no response' }, 'cut')
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
    { cause: 'malformed', action: 'resume', code: resumableCode, reason: what },
    resumableCode,
  )
  return { state: ended, effects: [{ kind: 'malformed', what }, ...effects] }
}

function over(state: ProtocolState, ending: Omit<Ending, 'rejectedResume'>, close: number | 'cut'): ProtocolStep {
  const rejectedResume = state.isResuming && state.phase === 'asking'
  return {
    state: { ...state, phase: 'over' },
    effects: [{ kind: 'end', ending: { ...ending, rejectedResume }, close }],
  }
}
