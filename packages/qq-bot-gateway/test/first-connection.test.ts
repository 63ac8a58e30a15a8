import { TokenManager, type Logger } from '@lingpai/core'
import { memoryCache } from '@lingpai/cache-memory'
import { qqBot } from '@lingpai/provider-qq-bot'
import { inspect } from 'node:util'
import { QQBotIntents, QQBotGateway, type QQBotIntentName, type QQBotGatewayOptions } from '../src/index.js'
import { journalOf, withGateways } from './gateway-world.js'

test('a wrong secret rejects connect() at once, without another attempt', () =>
  withGateways(async ({ simulator, clock, manager }) => {
    const source = manager.source(simulator.provider(qqBot), {
      appId: simulator.accounts.qq.appId,
      clientSecret: 'wrong-and-not-real',
    })
    const gateway = new QQBotGateway({ source, intents: ['GUILDS'], clock })
    await expect(clock.runUntil(gateway.connect())).rejects.toMatchObject({
      code: 'ERR_LINGPAI_PLATFORM',
      details: { platformCode: 100016 },
    })
    await clock.advance(3_600_000)
    expect(simulator.ledger.tokenRequests()).toBe(1)
    await gateway.close()
  }))

test('an IP address that is not on the allowlist rejects connect() at once with a hint', () =>
  withGateways(async ({ simulator, clock, open }) => {
    simulator.change('qq', { ipAllow: ['203.0.113.9'] })
    await expect(clock.runUntil(open().connect())).rejects.toMatchObject({
      details: { platformCode: 40023002, status: 401 },
      hint: expect.stringMatching(/white-list/),
    })
  }))

test('a live gateway waits until a reset secret works again', () =>
  withGateways(async ({ simulator, clock, connected }) => {
    const gateway = await connected()
    simulator.change('qq', { secret: 'another-secret' })
    simulator.revoke('qq')
    simulator.qqGateway.disturb({ close: 4004 })
    await clock.advance(120_000)
    expect(gateway.status().state).toBe('connecting')
    simulator.change('qq', { secret: simulator.accounts.qq.clientSecret })
    await clock.advance(1_200_000)
    expect(gateway.status().state).toBe('live')
    expect(simulator.ledger.tokenRequests()).toBeLessThan(5)
  }))

test.each([
  ['HTTP 502', { status: 502 }],
  ['HTML', { body: '<html>bad gateway</html>' }],
  ['a response without an address', { body: { shards: 1 } }],
  ['an invalid address', { body: { url: 'https://127.0.0.1/' } }],
  ['a reset', { drop: 'before' }],
  ['a truncated body', { drop: 'midway' }],
] as const)('connect() retries when /gateway/bot returns %s', (_, effect) =>
  withGateways(async ({ simulator, clock, open }) => {
    simulator.fault({ endpoint: '/gateway/bot', times: 2, ...effect })
    const gateway = open()
    const journal = journalOf(gateway)
    await clock.runUntil(gateway.connect())
    expect(journal.filter((line) => line.startsWith('error')).length).toBe(2)
    expect(journal.at(-1)).toBe('ready')
  }),
)

test('connect() works without session_start_limit', () =>
  withGateways(async ({ simulator, clock, open }) => {
    const url = `${simulator.url.replace('http', 'ws')}/qq/websocket`
    simulator.fault({ endpoint: '/gateway/bot', body: { url, shards: 'x', session_start_limit: { total: 1 } } })
    await clock.runUntil(open().connect())
    expect(simulator.qqGateway.ledger.counts.sessions).toBe(1)
  }))

test('an error without a listener and a connect() that is not awaited do not crash the process', () =>
  withGateways(async ({ simulator, clock, open }) => {
    const rejections: unknown[] = []
    const note = (reason: unknown): void => void rejections.push(reason)
    process.on('unhandledRejection', note)
    simulator.qqGateway.disturb({ at: 'identify', close: 4915 })
    const gateway = open()
    void gateway.connect()
    await clock.advance(60_000)
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', note)
    expect(gateway.status()).toMatchObject({ state: 'failed', error: { details: { platformCode: 4915 } } })
    expect(rejections).toEqual([])
  }))

test.each([
  ['no source', { source: undefined }, 'source', 'missing'],
  ['an invalid source', { source: {} }, 'source', 'malformed'],
  ['no intents', { intents: [] }, 'intents', 'empty'],
  ['an unknown intent', { intents: ['GUILD'] }, 'intents', 'unknown'],
  ['an intent from the prototype', { intents: ['toString'] }, 'intents', 'unknown'],
  ['a number without an intent', { intents: 0 }, 'intents', 'malformed'],
  ['a shard beyond the count', { shard: [2, 2] }, 'shard', 'malformed'],
  ['half a shard', { shard: [0] }, 'shard', 'malformed'],
  ['a negative time', { ackTimeoutMs: -1 }, 'ackTimeoutMs', 'malformed'],
  ['a bound that is NaN', { maxPayloadBytes: Number.NaN }, 'maxPayloadBytes', 'malformed'],
  ['an invalid backoff', { backoff: { firstMs: 0 } }, 'firstMs', 'malformed'],
])('%s is a ConfigError', (_, options, field, problem) =>
  withGateways(async ({ open }) => {
    let thrown: unknown
    try {
      open(options as unknown as QQBotGatewayOptions)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ code: 'ERR_LINGPAI_CONFIG', details: { field, problem } })
  }),
)

test('intents are accepted by name or by number', () =>
  withGateways(async ({ simulator, clock, open }) => {
    simulator.qqGateway.change({ maxConcurrency: 3 })
    const names = Object.keys(QQBotIntents) as QQBotIntentName[]
    const some = QQBotIntents.GUILDS | QQBotIntents.DIRECT_MESSAGE
    for (const intents of [names, some, ['GUILDS', 'GUILDS'] as const]) {
      await clock.runUntil(open({ intents }).connect())
    }
    const all = names.reduce((bits, name) => bits + QQBotIntents[name], 0)
    expect(simulator.qqGateway.sessions.map(({ intents }) => intents)).toEqual([all, some, 1])
  }))

test('events, logs, errors and the gateway object show no token and no secret', () =>
  withGateways(async ({ simulator, clock, open, source }) => {
    const lines: unknown[] = []
    const write = (...line: unknown[]): void => void lines.push(line)
    const logger: Logger = { debug: write, info: write, warn: write, error: write }
    const gateway = open({ logger })
    for (const name of ['connected', 'disconnected', 'reconnecting', 'error', 'ready', 'resumed', 'raw'] as const) {
      gateway.on(name, (event) => write(event))
    }
    simulator.fault({ endpoint: '/websocket', status: 503 })
    await clock.runUntil(gateway.connect())
    for (const spec of [{ drop: 'reset' }, { raw: '{' }, { freeze: true }, { close: 4004 }, { close: 4915 }] as const) {
      simulator.qqGateway.disturb(spec)
      await clock.advance(120_000)
    }
    const token = await clock.runUntil(source.getAccessToken())
    const shown = inspect([lines, gateway, gateway.status()], { depth: 12, showHidden: true })
    expect(lines.length).toBeGreaterThan(20)
    expect(shown).not.toContain(token)
    expect(shown).not.toContain('simtok_')
    expect(shown).not.toContain(simulator.accounts.qq.clientSecret)
  }))

test('closing the manager stops the gateway', () =>
  withGateways(async ({ simulator, clock }) => {
    const manager = new TokenManager({ cache: memoryCache({ clock }), clock })
    const source = manager.source(simulator.provider(qqBot), simulator.accounts.qq)
    const gateway = new QQBotGateway({ source, intents: ['GUILDS'], clock })
    await clock.runUntil(gateway.connect())
    await manager.close()
    simulator.qqGateway.disturb({ drop: 'reset' })
    await clock.advance(60_000)
    expect(gateway.status()).toMatchObject({ state: 'failed', error: { code: 'ERR_LINGPAI_CLOSED' } })
  }))
