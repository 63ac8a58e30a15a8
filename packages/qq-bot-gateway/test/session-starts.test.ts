import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileCache } from '@lingpai/cache-file'
import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager } from '@lingpai/core'
import { qqBot } from '@lingpai/provider-qq-bot'
import { decodeStarts, encodeStarts, planStart } from '../src/gateway/start-plan.js'
import { QQBotGateway, shardedQQBotGateways } from '../src/index.js'
import { journalOf, withGateways } from './gateway-world.js'

const told = (remaining: number, maxConcurrency = 1) => ({ remaining, resetAfterMs: 1_000_000, maxConcurrency })

test('planned starts respect the pace and the maximum concurrency', () => {
  let record
  const moments: number[] = []
  for (let start = 0; start < 5; start += 1) {
    const planned = planStart(record, told(100, 2), 1000)
    record = planned.record
    moments.push(planned.atMs)
  }
  expect(moments).toEqual([1000, 1000, 7000, 7000, 13_000])
})

test('planned starts count before the platform has seen them', () => {
  const first = planStart(undefined, told(2), 0)
  const second = planStart(first.record, told(2), 10_000)
  const third = planStart(second.record, told(2), 20_000)
  expect([first, second, third].map(({ isExhausted }) => isExhausted)).toEqual([false, false, true])
  expect(third.atMs).toBe(1_001_000)
  expect(planStart(third.record, told(2), 1_001_000).isExhausted).toBe(false)
})

test('a start record survives serialization, and malformed text is undefined', () => {
  const { record } = planStart(undefined, undefined, 5)
  expect(decodeStarts(encodeStarts(record))).toEqual(record)
  for (const text of [undefined, null, '', '{', '7', '{}', '{"resetAtMs":1,"plannedAtMs":["x"]}']) {
    expect(decodeStarts(text)).toBeUndefined()
  }
})

test('the shards of one process start at the pace of the platform, even after a mass disconnect', () =>
  withGateways(async ({ simulator, clock, source }) => {
    simulator.qqGateway.change({ shards: 6, maxConcurrency: 2 })
    const gateways = await clock.runUntil(shardedQQBotGateways({ source, clock, intents: ['PUBLIC_GUILD_MESSAGES'] }))
    expect(gateways.map((gateway) => gateway.status().shard)).toEqual([0, 1, 2, 3, 4, 5].map((index) => [index, 6]))
    await clock.runUntil(Promise.all(gateways.map((gateway) => gateway.connect())))
    simulator.qqGateway.disturb({ invalidSession: 'final' })
    await clock.advance(60_000)
    expect(gateways.map((gateway) => gateway.status().state)).toEqual(gateways.map(() => 'live'))
    expect(simulator.qqGateway.ledger.counts).toMatchObject({ sessions: 12, overLimit: 0 })
    await clock.runUntil(Promise.all(gateways.map((gateway) => gateway.close())))
  }))

test('invalid shards are a ConfigError', () =>
  withGateways(async ({ source }) => {
    const ask = (options: object) => shardedQQBotGateways({ source, intents: ['GUILDS'], ...options })
    for (const count of [0, -1, 1.5, Number.NaN]) {
      await expect(ask({ count })).rejects.toMatchObject({ details: { field: 'count' } })
    }
    await expect(ask({ count: 2, indexes: [2] })).rejects.toMatchObject({ details: { field: 'shard' } })
    expect((await ask({ count: 4, indexes: [0, 3] })).map((gateway) => gateway.status().shard)).toEqual([
      [0, 4],
      [3, 4],
    ])
  }))

test('processes that share a cache respect the pace of the platform together', () =>
  withGateways(async ({ simulator, clock }) => {
    const directory = await mkdtemp(join(tmpdir(), 'lingpai-gateway-'))
    const managers: TokenManager[] = []
    // Each has its own manager, source and cache object, as separate processes do.
    const gateways = Array.from({ length: 5 }, (_, index) => {
      const manager = new TokenManager({ cache: memoryCache({ clock }), clock })
      managers.push(manager)
      const source = manager.source(simulator.provider(qqBot), simulator.accounts.qq)
      const sessionCache = fileCache({ directory, clock })
      return new QQBotGateway({ source, intents: ['GUILDS'], shard: [index, 5], sessionCache, clock })
    })
    await clock.runUntil(Promise.all(gateways.map((gateway) => gateway.connect())))
    expect(simulator.qqGateway.ledger.counts).toMatchObject({ sessions: 5, overLimit: 0 })
    await clock.runUntil(Promise.all(gateways.map((gateway) => gateway.close())))
    for (const manager of managers) await manager.close()
    await rm(directory, { recursive: true })
  }))

test('a start after the last one of the day waits for the reset and emits waiting', () =>
  withGateways(async ({ simulator, clock, connected }) => {
    simulator.qqGateway.change({ startsPerDay: 2 })
    const gateway = await connected()
    const journal = journalOf(gateway)
    const drop = async (): Promise<void> => {
      simulator.qqGateway.disturb({ invalidSession: 'final' })
      await clock.advance(3_600_000)
    }
    await drop()
    await drop()
    expect(journal.at(-1)).toBe('waiting')
    expect(simulator.qqGateway.ledger.counts.identifies).toBe(2)
    await clock.advance(86_400_000)
    expect(journal.at(-1)).toBe('ready')
    expect(simulator.qqGateway.ledger.counts).toMatchObject({ identifies: 3, sessions: 3, overLimit: 0 })
  }))

test('a slow connection takes another time for its Identify', () =>
  withGateways(async ({ simulator, clock, source, open }) => {
    simulator.fault({ endpoint: '/websocket', latencyMs: 5900 })
    const slow = open({ shard: [0, 2] })
    const quick = open({ shard: [1, 2] })
    expect(source).toBeDefined()
    await clock.runUntil(Promise.all([slow.connect(), quick.connect()]))
    const starts = simulator.qqGateway.ledger.entries.filter(({ kind }) => kind === 'identify')
    expect(starts.map(({ code }) => code)).toEqual([0, 0])
    expect(starts[1]!.atMs - starts[0]!.atMs).toBeGreaterThanOrEqual(5000)
    expect(simulator.qqGateway.ledger.counts.overLimit).toBe(0)
  }))
