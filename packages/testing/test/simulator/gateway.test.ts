import { simulatorAdmin } from '../../src/simulator/index.js'
import { gatewayClient } from './gateway-client.js'
import { withSimulator, type Calls } from './simulator-calls.js'

const group = 'GROUP_AT_MESSAGE_CREATE'

const withGateway = (use: (calls: Calls) => Promise<void>) => withSimulator({}, use)

test('GET /gateway/bot returns the address of the gateway and the remaining session starts', () =>
  withGateway(async ({ simulator, qqToken, qqApi }) => {
    const token = (await qqToken()).body.access_token
    const url = `${simulator.url.replace('http', 'ws')}/qq/websocket`
    expect((await qqApi(token, '/gateway')).body).toEqual({ url })
    simulator.qqGateway.change({ shards: 4, maxConcurrency: 2, startsPerDay: 9 })
    expect((await qqApi(token, '/gateway/bot')).body).toEqual({
      url,
      shards: 4,
      session_start_limit: { total: 9, remaining: 9, reset_after: 86_400_000, max_concurrency: 2 },
    })
    expect((await qqApi('made-up', '/gateway/bot')).status).toBe(401)
  }))

test('a client receives Hello, identifies, and receives the events of its intents in order', () =>
  withGateway(async (calls) => {
    const { simulator, clock } = calls
    const client = await gatewayClient(calls)
    expect(client.frames).toEqual([{ op: 10, d: { heartbeat_interval: 41_250 } }])
    await client.identify()
    const receipt = simulator.qqGateway.dispatch(group, { content: 'hi' })
    simulator.qqGateway.dispatch('AT_MESSAGE_CREATE', { content: 'not asked for' })
    await clock.settle()
    const [, ready, message] = client.frames
    expect(ready).toMatchObject({ op: 0, s: 1, t: 'READY', d: { session_id: receipt.sessions[0], shard: [0, 1] } })
    expect(message).toEqual({ op: 0, s: 2, t: group, d: { content: 'hi' }, id: receipt.id })
    expect(client.frames).toHaveLength(3)
    await client.send({ op: 1, d: 2 })
    expect(client.frames.at(-1)).toEqual({ op: 11 })
    expect(simulator.qqGateway.ledger.counts).toMatchObject({ connects: 1, identifies: 1, sessions: 1, heartbeats: 1 })
    client.socket.terminate()
  }))

test('a resumed session receives the missed events, and its sequence continues', () =>
  withGateway(async (calls) => {
    const { simulator, clock } = calls
    const first = await gatewayClient(calls)
    await first.identify()
    const { sessions } = simulator.qqGateway.dispatch(group)
    await clock.settle()
    first.socket.terminate()
    await clock.settle()
    simulator.qqGateway.dispatch(group)
    simulator.qqGateway.dispatch(group)
    const second = await gatewayClient(calls)
    await second.resume(sessions[0]!, 2)
    expect(second.events()).toEqual([
      [3, group],
      [4, group],
      [5, 'RESUMED'],
    ])
    second.socket.terminate()
  }))

test('a resume is rejected after its window, and if too many events were missed', () =>
  withGateway(async (calls) => {
    const { simulator, clock } = calls
    simulator.qqGateway.change({ keptEvents: 3 })
    const sessionOf = async (): Promise<string> => {
      const client = await gatewayClient(calls)
      await client.identify()
      const id = simulator.qqGateway.sessions.at(-1)!.id
      client.socket.terminate()
      await clock.advance(5000)
      return id
    }
    const refused = async (id: string): Promise<void> => {
      const client = await gatewayClient(calls)
      await client.resume(id, 1)
      expect(client.frames.at(-1)).toEqual({ op: 9, d: false })
      client.socket.terminate()
    }
    const missedMuch = await sessionOf()
    for (let event = 0; event < 4; event += 1) simulator.qqGateway.dispatch(group)
    await refused(missedMuch)
    const late = await sessionOf()
    await clock.advance(300_001)
    await refused(late)
    await refused('never-there')
  }))

test.each([
  ['a dead token', { token: 'QQBot made-up' }, 4004],
  ['a token without its scheme', { token: 'simtok_x' }, 4004],
  ['a shard beyond the count', { shard: [1, 1] }, 4010],
  ['an intent that does not exist', { intents: 1 << 5 }, 4013],
  ['no intent', { intents: 0 }, 4013],
  ['an intent that was not granted', { intents: 1 << 28 }, 4014],
])('Identify with %s is closed', (_, changes, code) =>
  withGateway(async (calls) => {
    calls.simulator.qqGateway.change({ grantedIntents: 1 << 25 })
    const client = await gatewayClient(calls)
    await client.identify(changes)
    expect(client.closeCode).toBe(code)
    expect(calls.simulator.qqGateway.ledger.entries.find(({ kind }) => kind === 'identify')).toMatchObject({ code })
    expect(calls.simulator.qqGateway.sessions).toEqual([])
  }),
)

test('a revoked token is rejected by the gateway and counts as a presented dead token', () =>
  withGateway(async (calls) => {
    const client = await gatewayClient(calls)
    calls.simulator.revoke('qq')
    await client.identify()
    expect(client.closeCode).toBe(4004)
    expect(calls.simulator.ledger.deadPresented({ kind: 'revoked' })).toBe(1)
  }))

test.each([
  ['what is no JSON', '{', 4002],
  ['an opcode that does not exist', { op: 99 }, 4001],
])('%s is closed', (_, payload, code) =>
  withGateway(async (calls) => {
    const client = await gatewayClient(calls)
    await client.send(payload)
    expect(client.closeCode).toBe(code)
  }),
)

test('session starts beyond a limit get Invalid Session and are counted', () =>
  withGateway(async (calls) => {
    const { simulator, clock } = calls
    simulator.qqGateway.change({ startsPerDay: 2 })
    const start = async (): Promise<unknown> => {
      const client = await gatewayClient(calls)
      await client.identify()
      client.socket.terminate()
      return client.frames.at(-1)?.t ?? client.frames.at(-1)
    }
    expect(await start()).toBe('READY')
    expect(await start()).toEqual({ op: 9, d: false })
    await clock.advance(5000)
    expect(await start()).toEqual({ op: 9, d: false })
    expect(simulator.qqGateway.ledger.entries.flatMap(({ limit }) => limit ?? [])).toEqual(['too-fast', 'exhausted'])
    await clock.advance(86_400_000)
    expect(await start()).toBe('READY')
  }))

test('a client without heartbeats is closed with 4009 and can resume', () =>
  withGateway(async (calls) => {
    const { simulator, clock } = calls
    const client = await gatewayClient(calls)
    await client.identify()
    await clock.advance(41_250)
    await client.send({ op: 1, d: 1 })
    await clock.advance(74_000)
    expect(client.closeCode).toBe(0)
    await clock.advance(1000)
    expect(client.closeCode).toBe(4009)
    expect(simulator.qqGateway.sessions).toHaveLength(1)
  }))

test('each shard receives the events of its own guilds', () =>
  withGateway(async (calls) => {
    const { simulator, clock } = calls
    simulator.qqGateway.change({ maxConcurrency: 2 })
    const clients = [await gatewayClient(calls), await gatewayClient(calls)] as const
    await clients[0].identify({ shard: [0, 2], intents: 2 ** 30 })
    await clients[1].identify({ shard: [1, 2], intents: 2 ** 30 })
    simulator.qqGateway.dispatch('AT_MESSAGE_CREATE', { guild_id: String(1n << 22n) })
    simulator.qqGateway.dispatch('AT_MESSAGE_CREATE', { guild_id: String(2n << 22n) })
    await clock.settle()
    expect(clients.map((client) => client.events().length)).toEqual([2, 2])
    expect(simulator.qqGateway.sessions.map(({ shard, seq }) => [shard, seq])).toEqual([
      [0, 2],
      [1, 2],
    ])
    for (const { socket } of clients) socket.terminate()
  }))

test('disturb() affects the current connections of the gateway', () =>
  withGateway(async (calls) => {
    const { simulator, clock } = calls
    const gateway = simulator.qqGateway
    const connected = async () => {
      await clock.advance(5000)
      const client = await gatewayClient(calls)
      await client.identify()
      return client
    }
    const met = async (spec: Parameters<typeof gateway.disturb>[0]) => {
      const client = await connected()
      expect(gateway.disturb(spec)).toBe(1)
      await clock.settle()
      return client
    }
    const told = await met({ raw: '[]', reconnect: true, invalidSession: 'resumable' })
    expect(told.frames.slice(-3)).toEqual([[], { op: 7 }, { op: 9, d: true }])
    told.socket.terminate()
    const reset = await met({ drop: 'reset' })
    expect(reset.closeCode).toBe(1006)
    const ended = await met({ drop: 'end' })
    expect(ended.closeCode).toBe(1006)
    expect(gateway.sessions).toHaveLength(3)
    const closed = await met({ close: 4900 })
    expect(closed.closeCode).toBe(4900)
    expect(gateway.sessions).toHaveLength(3)
    const silent = await met({ missAcks: 1 })
    await silent.send({ op: 1, d: null })
    expect(silent.frames.at(-1)?.t).toBe('READY')
    await silent.send({ op: 1, d: null })
    expect(silent.frames.at(-1)).toEqual({ op: 11 })
    silent.socket.terminate()
  }))

test('a half-open connection neither responds nor closes until its session is resumed on another connection', () =>
  withGateway(async (calls) => {
    const { simulator, clock } = calls
    const client = await gatewayClient(calls)
    await client.identify()
    simulator.qqGateway.disturb({ freeze: true })
    const { sessions } = simulator.qqGateway.dispatch(group)
    await client.send({ op: 1, d: 1 })
    client.socket.close()
    await clock.advance(600_000)
    expect(client.frames.at(-1)?.t).toBe('READY')
    expect(client.closeCode).toBe(0)
    expect(simulator.qqGateway.connections).toEqual([expect.objectContaining({ isFrozen: true })])
    const next = await gatewayClient(calls)
    await next.resume(sessions[0]!, 1)
    expect(next.events()).toEqual([
      [2, group],
      [3, 'RESUMED'],
    ])
    expect(simulator.qqGateway.connections).toHaveLength(1)
    next.socket.terminate()
  }))

test('a disturbance waits for its moment, and a fault can affect the handshake', () =>
  withGateway(async (calls) => {
    const { simulator } = calls
    simulator.qqGateway.disturb({ at: 'identify', close: 4914, times: 1 })
    const refused = await gatewayClient(calls)
    await refused.identify()
    expect(refused.closeCode).toBe(4914)
    simulator.qqGateway.disturb({ at: 'connect', freeze: true, times: Infinity })
    const mute = await gatewayClient(calls)
    expect(mute.frames).toEqual([])
    mute.socket.terminate()
    simulator.qqGateway.calm()
    simulator.fault({ endpoint: '/websocket', status: 503 })
    const failed = await gatewayClient(calls)
    expect(failed.closeCode).toBe(1006)
    const fine = await gatewayClient(calls)
    expect(fine.frames).toHaveLength(1)
    fine.socket.terminate()
    expect(() => simulator.qqGateway.disturb({})).toThrow(/needs one of/)
    expect(() => simulator.qqGateway.disturb({ close: 1006 })).toThrow(/close frame/)
    expect(() => simulator.qqGateway.change({ shards: 0 })).toThrow(/shards is malformed/)
    expect(() => simulator.qqGateway.change({ shard: 1 } as object)).toThrow(/no setting shard/)
  }))

test('the admin API controls the gateway and returns no token', () =>
  withGateway(async (calls) => {
    const { simulator, clock, send } = calls
    const { qqGateway } = simulatorAdmin(simulator.url)
    const client = await gatewayClient(calls)
    await client.identify()
    await qqGateway.change({ keptEvents: 5 })
    const receipt = await qqGateway.dispatch(group, { content: 'from afar' })
    await clock.settle()
    expect(client.frames.at(-1)).toMatchObject({ t: group, id: receipt.id })
    const state = await qqGateway.state()
    expect(state).toEqual({
      counts: simulator.qqGateway.ledger.counts,
      entries: simulator.qqGateway.ledger.entries,
      connections: simulator.qqGateway.connections,
      sessions: simulator.qqGateway.sessions,
    })
    expect((await send('/_sim/gateway')).text).not.toMatch(/simtok_/)
    await qqGateway.disturb({ at: 'resume', close: 4009, times: Infinity })
    await qqGateway.calm()
    await qqGateway.forgetSessions()
    expect(simulator.qqGateway.sessions).toEqual([])
    expect(await qqGateway.disturb({ close: 4008 })).toBe(1)
    await clock.settle()
    expect(client.closeCode).toBe(4008)
    await expect(qqGateway.disturb({})).rejects.toMatchObject({ code: 'ERR_LINGPAI_CONFIG' })
  }))
