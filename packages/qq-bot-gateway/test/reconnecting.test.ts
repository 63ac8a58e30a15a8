import { opcodes } from '../src/gateway/payload.js'
import { journalOf, withGateways } from './gateway-world.js'

const group = 'GROUP_AT_MESSAGE_CREATE'

test('a half-open connection is detected within a heartbeat and its ack, and resumed', () =>
  withGateways(async ({ simulator, clock, connected }) => {
    const gateway = await connected({ ackTimeoutMs: 7000 })
    const journal = journalOf(gateway)
    const seen: unknown[] = []
    gateway.on('dispatch', ({ eventId }) => seen.push(eventId))
    await clock.advance(41_250)
    simulator.qqGateway.disturb({ freeze: true })
    const { id } = simulator.qqGateway.dispatch(group)
    await clock.advance(41_250 + 7000)
    expect(journal.slice(0, 2)).toEqual(['error:TRANSPORT', 'disconnected:1006'])
    await clock.advance(1000)
    expect(journal.slice(2)).toEqual(['reconnecting:resume', 'connected', 'resumed:1'])
    expect(seen).toEqual([id])
  }))

test('heartbeats start at Hello with a random delay for each connection and carry the last sequence number', () =>
  withGateways(async ({ simulator, clock, connected }) => {
    simulator.qqGateway.disturb({ at: 'connect', raw: '{"op":10,"d":{"heartbeat_interval":10000}}' })
    await connected({ random: () => 0.25 })
    simulator.qqGateway.dispatch(group)
    await clock.advance(30_000)
    const beats = simulator.qqGateway.ledger.entries.filter(({ kind }) => kind === 'heartbeat')
    const connectedAtMs = simulator.qqGateway.ledger.entries[0]!.atMs
    expect(beats.map(({ atMs }) => atMs - connectedAtMs)).toEqual([2500, 12_500, 22_500])
    expect(beats.map(({ seq }) => seq)).toEqual([2, 2, 2])
  }))

test('heartbeats are sent while the response to Identify is pending', () =>
  withGateways(async ({ simulator, clock, open }) => {
    simulator.qqGateway.disturb({ at: 'connect', raw: '{"op":10,"d":{"heartbeat_interval":4000}}' })
    simulator.qqGateway.disturb({ at: 'identify', raw: '{"op":11}' })
    const gateway = open()
    void gateway.connect()
    await clock.advance(19_000)
    const beats = simulator.qqGateway.ledger.entries.filter(({ kind }) => kind === 'heartbeat')
    expect(beats.length).toBeGreaterThan(3)
    expect(beats.map(({ seq }) => seq)).toEqual(beats.map(() => null))
  }))

test('Reconnect resumes the session on another connection', () =>
  withGateways(async ({ simulator, clock, connected }) => {
    const gateway = await connected()
    const journal = journalOf(gateway)
    simulator.qqGateway.disturb({ reconnect: true })
    await clock.advance(1000)
    expect(journal).toEqual(['disconnected:3000', 'reconnecting:resume', 'connected', 'resumed:0'])
    expect(simulator.qqGateway.connections).toHaveLength(1)
  }))

test.each([
  ['resumable', ['disconnected:3000', 'reconnecting:resume', 'connected', 'resumed:0'], 1],
  ['final', ['disconnected:3000', 'reconnecting:identify', 'connected', 'ready'], 2],
] as const)('Invalid Session, %s', (invalidSession, follows, sessions) =>
  withGateways(async ({ simulator, clock, connected }) => {
    const gateway = await connected()
    const journal = journalOf(gateway)
    simulator.qqGateway.disturb({ invalidSession })
    await clock.advance(20_000)
    expect(journal).toEqual(follows)
    expect(simulator.qqGateway.ledger.counts).toMatchObject({ sessions, overLimit: 0 })
  }),
)

test('a session that the platform has lost is replaced by a new one', () =>
  withGateways(async ({ simulator, clock, connected }) => {
    const gateway = await connected()
    const journal = journalOf(gateway)
    simulator.qqGateway.forgetSessions()
    simulator.qqGateway.disturb({ drop: 'reset' })
    await clock.advance(20_000)
    expect(journal.filter((line) => /^(reconnecting|ready|resumed)/.test(line))).toEqual([
      'reconnecting:resume',
      'reconnecting:identify',
      'ready',
    ])
  }))

test('a session is given up after three resumes without a response', () =>
  withGateways(async ({ simulator, clock, connected }) => {
    const gateway = await connected()
    const journal = journalOf(gateway)
    simulator.qqGateway.disturb({ at: 'resume', close: 4009, times: Infinity })
    simulator.qqGateway.disturb({ close: 4009 })
    await clock.advance(60_000)
    expect(journal.filter((line) => /^(reconnecting|ready|resumed)/.test(line))).toEqual([
      'reconnecting:resume',
      'reconnecting:resume',
      'reconnecting:resume',
      'reconnecting:identify',
      'ready',
    ])
  }))

test('a missing Hello or a missing response to Identify ends the attempt in time', () =>
  withGateways(async ({ simulator, clock, open }) => {
    simulator.qqGateway.disturb({ at: 'connect', freeze: true })
    const gateway = open({ responseTimeoutMs: 5000 })
    const journal = journalOf(gateway)
    void gateway.connect()
    await clock.advance(4999)
    expect(journal).toEqual(['connected'])
    await clock.advance(1)
    expect(journal.slice(1, 3)).toEqual(['error:TRANSPORT', 'disconnected:1006'])
    simulator.qqGateway.disturb({ at: 'identify', raw: '{"op":11}' })
    await clock.advance(60_000)
    expect(journal.at(-1)).toBe('ready')
    expect(journal.filter((line) => line === 'error:TRANSPORT')).toHaveLength(2)
  }))

test('a platform that is down is retried without end with growing delays, which a stable connection resets', () =>
  withGateways(async ({ simulator, clock, connected }) => {
    const gateway = await connected({ random: () => 0.999 })
    const delays: number[] = []
    gateway.on('reconnecting', ({ delayMs }) => delays.push(Math.round(delayMs)))
    const fault = simulator.fault({ endpoint: '/websocket', drop: 'before', times: Infinity })
    simulator.qqGateway.disturb({ drop: 'reset' })
    await clock.advance(600_000)
    expect(delays.slice(0, 9)).toEqual([999, 1998, 3996, 7992, 15_984, 31_968, 59_940, 59_940, 59_940])
    expect(delays.length).toBeGreaterThan(14)
    fault.clear()
    await clock.advance(62_000)
    expect(gateway.status().state).toBe('live')
    await clock.advance(60_000)
    delays.length = 0
    simulator.qqGateway.disturb({ drop: 'reset' })
    await clock.advance(1000)
    expect(delays).toEqual([999])
  }))

test('the gateway address is requested for a session start and after a failed connection, not for each resume', () =>
  withGateways(async ({ simulator, clock, connected }) => {
    await connected()
    const asked = () => simulator.ledger.entries.filter(({ path }) => path === '/gateway/bot').length
    expect(asked()).toBe(1)
    simulator.qqGateway.disturb({ drop: 'reset' })
    await clock.advance(1000)
    expect(asked()).toBe(1)
    simulator.fault({ endpoint: '/websocket', status: 502 })
    simulator.qqGateway.disturb({ drop: 'reset' })
    await clock.advance(10_000)
    expect(asked()).toBe(2)
  }))

test('a refreshed token does not reconnect, and the next Resume carries it', () =>
  withGateways(async ({ simulator, clock, source, connected }) => {
    const gateway = await connected()
    const journal = journalOf(gateway)
    source.startBackgroundRefresh()
    await clock.advance(8_000_000)
    expect(simulator.ledger.tokensIssued()).toBe(2)
    expect(journal).toEqual([])
    simulator.qqGateway.disturb({ drop: 'reset' })
    await clock.advance(1000)
    expect(journal.at(-1)).toBe('resumed:0')
    expect(simulator.ledger.entries.at(-1)).toMatchObject({
      path: '/websocket',
      tokenId: 'qq:102000001/app#2',
      code: 0,
    })
  }))

test('a token that the gateway rejects is reported and replaced once', () =>
  withGateways(async ({ simulator, clock, connected }) => {
    const gateway = await connected()
    const journal = journalOf(gateway)
    simulator.revoke('qq')
    simulator.qqGateway.disturb({ drop: 'reset' })
    await clock.advance(20_000)
    expect(journal.filter((line) => !line.startsWith('connected'))).toEqual([
      'disconnected:1006',
      'reconnecting:resume',
      'disconnected:4004',
      'reconnecting:identify',
      'ready',
    ])
    expect(simulator.ledger.tokenRequests()).toBe(2)
    expect(simulator.ledger.deadPresented()).toBe(1)
  }))

test('a malformed frame emits an error and does not stop the gateway', () =>
  withGateways(async ({ simulator, clock, connected }) => {
    const gateway = await connected()
    const problems: unknown[] = []
    gateway.on('error', (error) =>
      problems.push('details' in error && 'problem' in error.details && error.details.problem),
    )
    for (const raw of [
      '{',
      '[]',
      'null',
      '7',
      '{"op":"0"}',
      '{"op":0,"s":"1"}',
      '{"op":0,"t":5}',
      '{"op":0,"id":{}}',
    ]) {
      simulator.qqGateway.disturb({ raw })
    }
    simulator.qqGateway.disturb({ binary: 4 })
    simulator.qqGateway.disturb({ raw: '{"op":77}' })
    simulator.qqGateway.disturb({ raw: '{"op":0,"t":"GROUP_AT_MESSAGE_CREATE"}' })
    await clock.settle()
    const notObject = Array.from({ length: 7 }, () => 'not-an-object')
    expect(problems).toEqual(['not-json', ...notObject, 'not-text'])
    expect(gateway.status().state).toBe('live')
  }))

test.each(['{"op":10}', '{"op":10,"d":{"heartbeat_interval":0}}', '{"op":10,"d":{"heartbeat_interval":"1"}}'])(
  'a Hello without a heartbeat ends the attempt: %s',
  (raw) =>
    withGateways(async ({ simulator, clock, open }) => {
      simulator.qqGateway.disturb({ at: 'connect', raw })
      const gateway = open()
      const journal = journalOf(gateway)
      await clock.runUntil(gateway.connect())
      expect(journal).toEqual([
        'connected',
        'error:MALFORMED_RESPONSE',
        'disconnected:3000',
        'reconnecting:identify',
        'connected',
        'ready',
      ])
    }),
)

test('a message over maxPayloadBytes closes the connection and emits an error', () =>
  withGateways(async ({ simulator, clock, connected }) => {
    const gateway = await connected({ maxPayloadBytes: 2000 })
    const journal = journalOf(gateway)
    simulator.qqGateway.disturb({ raw: `{"op":0,"d":"${'x'.repeat(3000)}"}` })
    await clock.advance(1000)
    expect(journal[0]).toBe('error:MALFORMED_RESPONSE')
    expect(journal.at(-1)).toBe('resumed:0')
  }))

test('late messages of an old socket are ignored', () =>
  withGateways(async ({ simulator, clock, connected }) => {
    const { WebSocket } = await import('ws')
    const sockets: InstanceType<typeof WebSocket>[] = []
    class Watched extends WebSocket {
      constructor(url: string, options: object) {
        super(url, options)
        sockets.push(this)
      }
    }
    const gateway = await connected({ WebSocket: Watched })
    const seen: unknown[] = []
    simulator.qqGateway.disturb({ reconnect: true })
    await clock.advance(1000)
    expect(sockets).toHaveLength(2)
    const journal = journalOf(gateway)
    gateway.on('dispatch', (event) => seen.push(event))
    const frame = (payload: object) => sockets[0]!.emit('message', Buffer.from(JSON.stringify(payload)), false)
    frame({ op: opcodes.dispatch, t: group, s: 99, d: {} })
    frame({ op: opcodes.hello, d: { heartbeat_interval: 1 } })
    frame({ op: opcodes.invalidSession, d: false })
    sockets[0]!.emit('close', 4914, Buffer.alloc(0))
    sockets[0]!.emit('error', new Error('late'))
    await clock.advance(1000)
    expect({ journal, seen, sockets: sockets.length }).toEqual({ journal: [], seen: [], sockets: 2 })
    expect(gateway.status()).toMatchObject({ state: 'live', session: { seq: 1 } })
  }))
