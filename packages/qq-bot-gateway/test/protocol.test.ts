import { nextMove, noFailures, type FailureHistory } from '../src/gateway/next-move.js'
import {
  initialState,
  step,
  type ProtocolEffect,
  type ProtocolInput,
  type ProtocolState,
} from '../src/gateway/protocol.js'
import { seeded } from './gateway-world.js'

const times = { responseTimeoutMs: 20_000, ackTimeoutMs: 10_000 }
const hello = { kind: 'payload', payload: { op: 10, d: { heartbeat_interval: 40_000 } } } as const
const ready = { kind: 'payload', payload: { op: 0, t: 'READY', s: 1, d: { session_id: 'S' } } } as const

/** Applies inputs. Returns the final state and all effects. */
function run(start: ProtocolState, inputs: readonly ProtocolInput[]) {
  let state = start
  const effects: ProtocolEffect[] = []
  for (const input of inputs) {
    const next = step(state, input, times)
    state = next.state
    effects.push(...next.effects)
  }
  return { state, effects }
}

const kinds = (effects: readonly ProtocolEffect[]): string[] =>
  effects.map((effect) => ('timer' in effect ? `${effect.kind}:${effect.timer}` : effect.kind))

test('a connection becomes live after Hello, Identify and Ready', () => {
  const { state, effects } = run(initialState(undefined), [{ kind: 'opening' }, hello, { kind: 'asked' }, ready])
  expect(kinds(effects)).toEqual([
    'arm:hello',
    'disarm:hello',
    'arm:heartbeat',
    'ask',
    'arm:response',
    'disarm:response',
    'ready',
  ])
  expect(state).toMatchObject({ phase: 'live', session: { id: 'S', seq: 1 } })
})

test('replayed events are handed out once, and Resumed does not advance the sequence number', () => {
  const event = (s: number): ProtocolInput => ({ kind: 'payload', payload: { op: 0, t: 'X', s } })
  const resumed: ProtocolInput = { kind: 'payload', payload: { op: 0, t: 'RESUMED', s: 50, d: '' } }
  const start = initialState({ id: 'S', seq: 5 })
  const { state, effects } = run(start, [hello, { kind: 'asked' }, event(4), event(6), event(6), resumed, event(7)])
  expect(effects.flatMap((effect) => (effect.kind === 'dispatch' ? effect.payload.s : []))).toEqual([6, 7])
  expect(effects.find(({ kind }) => kind === 'resumed')).toMatchObject({ replayed: 1 })
  expect(state.session).toEqual({ id: 'S', seq: 7 })
})

test('the response timer restarts while a long replay goes on', () => {
  const waiting = run(initialState({ id: 'S', seq: 5 }), [hello, { kind: 'asked' }]).state
  const responseIsDue: ProtocolInput = { kind: 'timer', timer: 'response' }
  const replaying = run(waiting, [{ kind: 'payload', payload: { op: 0, t: 'X', s: 6 } }, responseIsDue])
  expect(kinds(replaying.effects)).toEqual(['dispatch', 'arm:response'])
  expect(kinds(run(replaying.state, [responseIsDue]).effects)).toEqual(['end'])
})

test('the ack timer is never longer than the heartbeat interval', () => {
  const short = { kind: 'payload', payload: { op: 10, d: { heartbeat_interval: 3000 } } } as const
  const { effects } = run(initialState(undefined), [short, { kind: 'timer', timer: 'heartbeat' }])
  expect(effects.filter(({ kind }) => kind === 'arm')).toEqual([
    { kind: 'arm', timer: 'heartbeat', delayMs: 3000, isJittered: true },
    { kind: 'arm', timer: 'ack', delayMs: 3000 },
    { kind: 'arm', timer: 'heartbeat', delayMs: 3000 },
  ])
})

test('a heartbeat request of the platform is followed by a heartbeat', () => {
  const live = run(initialState(undefined), [hello, ready]).state
  expect(step(live, { kind: 'payload', payload: { op: 1 } }, times).effects).toEqual([
    { kind: 'send', payload: { op: 1, d: 1 } },
  ])
})

test('inputs in any order never throw and end a connection once, without effects after the end', () => {
  const random = seeded(20_261_120)
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!
  const odd = [undefined, null, 0, -1, 7.5, '', 'x', true, [], {}, { session_id: 'S' }, { heartbeat_interval: 1000 }]
  const inputOf = (): ProtocolInput =>
    pick<ProtocolInput>([
      { kind: 'opening' },
      { kind: 'asked' },
      { kind: 'timer', timer: pick(['hello', 'response', 'heartbeat', 'ack']) },
      {
        kind: 'payload',
        payload: { op: 0, t: pick(['READY', 'RESUMED', 'X']), s: pick([1, 2, 99, -3]), d: pick(odd) },
      },
      { kind: 'payload', payload: { op: pick([0, 1, 10, 11, 12, 99, -1]), d: pick(odd) } },
      { kind: 'payload', payload: { op: pick([7, 9]), d: pick([true, false, null]) } },
      { kind: 'closed', code: pick([1000, 1006, 4004, 4009, 4915]), reason: '' },
      { kind: 'stopped', code: 1000 },
      { kind: 'failed' },
    ])
  let breaches = 0
  for (let life = 0; life < 2000; life += 1) {
    let state = initialState(random() < 0.5 ? undefined : { id: 'old', seq: 3 })
    let ended = 0
    for (let at = 0; at < 40; at += 1) {
      const before = state.phase
      const next = step(state, inputOf(), times)
      state = next.state
      ended += next.effects.filter(({ kind }) => kind === 'end').length
      if (before === 'over' && next.effects.length > 0) breaches += 1
      if ((state.phase === 'over') !== (ended === 1)) breaches += 1
    }
  }
  expect(breaches).toBe(0)
})

test('failures raise the delay up to a bound with full jitter, and a stable connection resets it', () => {
  const ending = { action: 'resume', rejectedResume: false } as const
  const delays: number[] = []
  let history: FailureHistory = noFailures
  const end = (liveMs: number, random: number): void => {
    const move = nextMove(history, { ending, liveMs }, {}, random)
    if (move.kind !== 'connect') return
    history = move.history
    delays.push(move.delayMs)
  }
  for (let failure = 0; failure < 8; failure += 1) end(0, 1)
  end(0, 0)
  end(59_999, 1)
  end(60_000, 1)
  expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 0, 60_000, 1000])
})
