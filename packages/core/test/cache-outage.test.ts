import type { IAccessTokenCache, LingpaiEvents, Logger, TokenManager } from '@lingpai/core'
import { plainCache } from './plain-cache.js'
import { scriptedPlatform, toyAccount, type ScriptedPlatform } from './scripted-platform.js'

type Operation = 'get' | 'set' | 'remove'

let platform: ScriptedPlatform
beforeEach(async () => {
  platform = await scriptedPlatform()
})
afterEach(() => platform.close())

/** A store whose chosen operations fail with a given cause. */
function failingCache(): {
  readonly cache: IAccessTokenCache
  readonly stored: Map<string, string>
  fail(operations: readonly Operation[], cause?: Error): void
} {
  const { cache, stored } = plainCache()
  let failing: readonly Operation[] = []
  let thrown = new RangeError('no space left on device')
  const guarded = <T>(operation: Operation, call: () => T): T => {
    if (failing.includes(operation)) throw thrown
    return call()
  }
  return {
    cache: {
      reach: 'host',
      get: (key) => guarded('get', () => cache.get(key)),
      set: (...args) => guarded('set', () => cache.set(...args)),
      remove: (key) => guarded('remove', () => cache.remove(key)),
    },
    stored,
    fail: (operations, cause = thrown) => {
      failing = operations
      thrown = cause
    },
  }
}

/** A manager, the lines about the cache in its log, and the events behind them. */
function logged(cache: IAccessTokenCache): {
  readonly manager: TokenManager
  readonly lines: string[]
  readonly failures: LingpaiEvents['cache-failed'][]
} {
  const lines: string[] = []
  const failures: LingpaiEvents['cache-failed'][] = []
  const write = (level: keyof Logger) => (message: string, fields?: object) => {
    const { failures: count } = fields as { readonly failures?: number }
    if (message.includes('cache-')) lines.push(`${level} ${message}${count === undefined ? '' : ` ${count}`}`)
  }
  const logger: Logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  const manager = platform.manager({ cache, logger, hooks: { 'cache-failed': (event) => failures.push(event) } })
  return { manager, lines, failures }
}

const everything: readonly Operation[] = ['get', 'set', 'remove']
const wentDown = 'warn lingpai: cache-failed toy:toy-1'

test('a cache that is down is one line in the log, and one with the number of failures when it works again', async () => {
  const store = failingCache()
  const { manager, lines, failures } = logged(store.cache)
  const source = platform.source(manager)
  store.fail(everything)
  while (failures.length < 12) await source.refresh()
  expect(lines).toEqual([wentDown])
  expect(failures.map(({ repeated }) => repeated)).toEqual(failures.map((_, index) => index > 0))

  store.fail([])
  await source.refresh()
  expect(lines).toEqual([wentDown, `info lingpai: cache-recovered ${failures.length}`])

  store.fail(everything)
  await source.refresh()
  expect(lines).toHaveLength(3)
  expect(lines[2]).toBe(wentDown)
})

test('a cache that reads but does not write stays down in the log until it writes', async () => {
  const store = failingCache()
  const { manager, lines, failures } = logged(store.cache)
  const source = platform.source(manager)
  store.fail(['set'])
  for (let round = 0; round < 5; round += 1) {
    await source.refresh()
    await platform.clock.advance(20_000)
    await source.getAccessToken()
  }
  expect(failures.length).toBeGreaterThan(4)
  expect(failures.every(({ error }) => error.details.operation === 'set')).toBe(true)
  expect(lines).toEqual([wentDown])
  store.fail([])
  await source.refresh()
  expect(lines).toEqual([wentDown, `info lingpai: cache-recovered ${failures.length}`])
})

test('the outage of a cache that many accounts of a manager share is logged once', async () => {
  const store = failingCache()
  const { manager, lines, failures } = logged(store.cache)
  store.fail(everything)
  const accounts = Array.from({ length: 12 }, (_, index) => ({ ...toyAccount, appId: `toy-${index + 1}` }))
  await Promise.all(accounts.map((account) => platform.source(manager, account).getAccessToken()))
  expect(failures.length).toBeGreaterThan(11)
  expect(lines).toEqual([wentDown])
})

test('two managers over one cache each log its outage', async () => {
  const store = failingCache()
  const [first, second] = [logged(store.cache), logged(store.cache)]
  store.fail(everything)
  await platform.source(first.manager).refresh()
  await platform.source(second.manager).refresh()
  store.fail([])
  await platform.source(first.manager).refresh()
  expect(first.lines).toEqual([wentDown, `info lingpai: cache-recovered ${first.failures.length}`])
  expect(second.lines).toEqual([wentDown])
})

test('a cache failure that waiting cannot solve is logged once, even if it follows one that waiting solves', async () => {
  const store = failingCache()
  const { manager, lines, failures } = logged(store.cache)
  const source = platform.source(manager)
  const denied = Object.assign(new RangeError('permission denied'), { code: 'EACCES' })
  store.fail(everything)
  await source.refresh()
  store.fail(everything, denied)
  await source.refresh()
  await source.refresh()
  expect(lines).toEqual([wentDown, wentDown])
  expect(failures.filter(({ repeated }) => !repeated).map(({ error }) => error.retryable)).toEqual([true, false])
})

test('a damaged cache entry is logged each time, and is not an outage', async () => {
  const store = failingCache()
  const { manager, lines, failures } = logged(store.cache)
  const source = platform.source(manager)
  await source.getAccessToken()
  for (let round = 0; round < 2; round += 1) {
    for (const key of store.stored.keys()) store.stored.set(key, '{"half":')
    await platform.clock.advance(20_000)
    await source.refresh()
  }
  expect(failures.length).toBeGreaterThan(1)
  expect(failures.every(({ error }) => error.details.problem === 'damaged')).toBe(true)
  expect(lines).toEqual(failures.map(() => wentDown))
})
