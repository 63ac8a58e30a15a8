import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { LingpaiEventName, LingpaiHooks, Logger } from '@lingpai/core'
import { EventHub, harmlessly } from '../src/events.js'
import { logEvents } from '../src/logger.js'
import { errorOf, reply, scriptedPlatform, type ScriptedPlatform } from './scripted-platform.js'

const closed = { atMs: 1 }

describe('the event hub', () => {
  test('calls every listener of an event, in order, and no listener of another event', () => {
    const hub = new EventHub()
    const heard: string[] = []
    hub.on('closed', () => heard.push('a'))
    hub.on('closed', () => heard.push('b'))
    hub.on('adopted', () => heard.push('c'))
    hub.emit('closed', closed)
    expect(heard).toEqual(['a', 'b'])
  })

  test('passes one frozen event to all listeners', () => {
    const hub = new EventHub()
    const heard: object[] = []
    hub.on('closed', (event) => heard.push(event))
    hub.on('closed', (event) => heard.push(event))
    hub.emit('closed', { atMs: 7 })
    expect(heard).toEqual([{ atMs: 7 }, { atMs: 7 }])
    expect(heard[0]).toBe(heard[1])
    expect(Object.isFrozen(heard[0])).toBe(true)
  })

  test('removes each listener separately, even the same function, and ignores a second removal', () => {
    const hub = new EventHub()
    let heard = 0
    const listener = (): void => void (heard += 1)
    const [first, second] = [hub.on('closed', listener), hub.on('closed', listener)]
    hub.emit('closed', closed)
    expect(heard).toBe(2)
    first()
    first()
    hub.emit('closed', closed)
    expect(heard).toBe(3)
    second()
    hub.emit('closed', closed)
    expect(heard).toBe(3)
  })

  test('allows listeners to be added and removed during an event', () => {
    const hub = new EventHub()
    const heard: string[] = []
    const leave = hub.on('closed', () => {
      heard.push('once')
      leave()
      hub.on('closed', () => heard.push('late'))
    })
    hub.on('closed', () => heard.push('always'))
    hub.emit('closed', closed)
    expect(heard).toEqual(['once', 'always'])
    hub.emit('closed', closed)
    expect(heard).toEqual(['once', 'always', 'always', 'late'])
  })

  test('publishes on the channel of the event only', () => {
    const hub = new EventHub()
    const heard: [unknown, string | symbol][] = []
    const onMessage = (message: unknown, name: string | symbol): void => void heard.push([message, name])
    subscribe('lingpai:closed', onMessage)
    hub.emit('closed', closed)
    hub.emit('adopted', {
      atMs: 1,
      generation: 1,
      expiresAtMs: 2,
      account: { provider: 'p', kind: 'k', host: 'h', ids: {} },
    })
    unsubscribe('lingpai:closed', onMessage)
    hub.emit('closed', closed)
    expect(heard).toEqual([[closed, 'lingpai:closed']])
  })
})

/** All the ways in which foreign code can fail. */
const harms: Readonly<Record<string, () => unknown>> = {
  throws: () => {
    throw new Error('of a listener')
  },
  'throws nothing': () => {
    throw undefined as unknown as Error
  },
  rejects: () => Promise.reject(new Error('of a listener')),
  'rejects late': async () => {
    await new Promise((resolve) => setImmediate(resolve))
    throw new Error('late')
  },
  'gives a thenable that throws': () => ({
    then: () => {
      throw new Error('of then')
    },
  }),
  'gives an object whose then cannot be read': () =>
    Object.defineProperty({}, 'then', {
      get: () => {
        throw new Error('of a getter')
      },
    }),
}

describe.each(Object.entries(harms))('a listener that %s', (_, harm) => {
  let platform: ScriptedPlatform
  beforeEach(async () => {
    platform = await scriptedPlatform()
  })
  afterEach(() => platform.close())

  test('does no harm as a call, a listener, a hook or a logger', async () => {
    harmlessly(harm)
    let heard = 0
    const logger = Object.fromEntries(['debug', 'info', 'warn', 'error'].map((level) => [level, harm]))
    const hooks: LingpaiHooks = { refreshed: harm, 'refresh-failed': harm }
    const manager = platform.manager({ hooks, logger: logger as unknown as Logger })
    manager.on('refreshed', harm)
    manager.on('refreshed', () => (heard += 1))
    manager.on('refresh-failed', harm)
    manager.on('closed', harm)
    const source = platform.source(manager)
    expect(await source.getAccessToken()).toBe('token-1')
    platform.answer(reply({ errcode: 40001 }))
    expect(await errorOf(source.refresh())).toMatchObject({ code: 'ERR_LINGPAI_PLATFORM' })
    expect(heard).toBe(1)
    await manager.close()
    await platform.clock.settle()
  })
})

describe('the logger', () => {
  test('logs each event at its level, with the account and without the internals of the error', async () => {
    const lines: [string, string, object | undefined][] = []
    const at =
      (level: string) =>
      (message: string, fields?: object): void =>
        void lines.push([level, message, fields])
    const logger: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
    const platform = await scriptedPlatform()
    const manager = platform.manager({ logger })
    const source = platform.source(manager)
    await source.getAccessToken()
    platform.answer(reply({ errcode: 40164, errmsg: 'invalid ip 203.0.113.7' }))
    await errorOf(source.refresh())
    await manager.close()
    await platform.close()
    expect(lines.map(([level, message]) => `${level} ${message}`)).toEqual([
      'info lingpai: refreshed toy:toy-1',
      'error lingpai: refresh-failed toy:toy-1',
      'debug lingpai: closed',
    ])
    expect(lines[0]?.[2]).toMatchObject({ generation: 1, reason: 'cold' })
    expect(lines[1]?.[2]).toMatchObject({
      reason: 'requested',
      error: {
        name: 'PlatformError',
        code: 'ERR_LINGPAI_PLATFORM',
        message: 'toy: the token request was rejected (40164 invalid ip 203.0.113.7)',
        hint: 'Add 203.0.113.7 to the white-list.',
      },
    })
    expect(Object.keys((lines[1]?.[2] as { error: object }).error).sort()).toEqual(['code', 'hint', 'message', 'name'])
  })

  test('has a level for every event', () => {
    const hub = new EventHub()
    const lines: string[] = []
    const line = (message: string): void => void lines.push(message)
    logEvents(hub, { debug: line, info: line, warn: line, error: line })
    const names = ['refreshed', 'adopted', 'same-token', 'served-stale', 'rejected', 'refresh-failed'] as const
    const others = ['cache-failed', 'cache-recovered', 'lease-lost', 'foreign-refresh', 'closed'] as const
    const all: readonly LingpaiEventName[] = [...names, ...others]
    for (const name of all) hub.emit(name, { atMs: 1 })
    expect(lines).toEqual(all.map((name) => `lingpai: ${name}`))
  })
})

test('a manager reports a refresh to hooks, listeners and the channel, and its closing once', async () => {
  const platform = await scriptedPlatform()
  const heard: unknown[] = []
  const onMessage = (message: unknown): void => void heard.push(message)
  const hooks: LingpaiHooks = { refreshed: onMessage, closed: onMessage }
  const manager = platform.manager({ hooks })
  const leave = manager.on('refreshed', onMessage)
  subscribe('lingpai:refreshed', onMessage)
  const source = platform.source(manager)
  const atMs = platform.clock.now()
  await source.getAccessToken()
  expect(heard).toHaveLength(3)
  for (const event of heard) {
    expect(event).toEqual({
      account: { provider: 'toy', kind: 'app', host: platform.url.replace('http://', ''), ids: { appId: 'toy-1' } },
      atMs,
      generation: 1,
      reason: 'cold',
      issuedAtMs: atMs,
      expiresAtMs: atMs + 7200_000,
      upstreamMs: 0,
    })
  }
  leave()
  unsubscribe('lingpai:refreshed', onMessage)
  await source.refresh({ note: 'drill' })
  expect(heard).toHaveLength(4)
  expect(heard[3]).toMatchObject({ reason: 'requested', note: 'drill', generation: 2 })
  await manager.close()
  await manager.close()
  expect(heard).toHaveLength(5)
  expect(heard[4]).toEqual({ atMs: platform.clock.now() })
  await platform.close()
})
