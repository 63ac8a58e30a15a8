import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { memoryCache } from '@lingpai/cache-memory'
import { chaosCache, testClock, type TestClock } from '@lingpai/testing'
import { jsapiTicket, wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { TokenManager, type TokenManagerOptions, type TokenSource } from '@lingpai/core'
import { minute } from './world.js'

let clock: TestClock
let managers: TokenManager[]
beforeEach(() => {
  clock = testClock()
  managers = []
})
afterEach(() => Promise.all(managers.map((manager) => manager.close())))

let tokens = 0
const fetch: typeof globalThis.fetch = async (input) => {
  const token = `token-${(tokens += 1)}-${'x'.repeat(100)}`
  const isTicket = String(input).includes('ticket')
  return Response.json(isTicket ? { ticket: token, expires_in: 7200 } : { access_token: token, expires_in: 7200 })
}

function manage(options: Partial<TokenManagerOptions> = {}): TokenManager {
  const manager = new TokenManager({ cache: memoryCache({ clock, maxEntries: 10 }), clock, fetch, ...options })
  managers.push(manager)
  return manager
}

const idOf = (account: number): string => `wx${String(account).padStart(16, '0')}`
const secretOf = (account: number): string => `made-up-secret-${String(account).padStart(17, '0')}`
const tokenOf = (manager: TokenManager, account: number): TokenSource =>
  manager.source(wechatMpPlain, { appId: idOf(account), appSecret: secretOf(account) })

const kinds: Readonly<Record<string, (manager: TokenManager, account: number) => TokenSource>> = {
  'derived token': (manager, account) =>
    manager.source(jsapiTicket, { appId: idOf(account), appSecret: secretOf(account) }),
  'token whose secret is a function': (manager, account) =>
    manager.source(wechatMpPlain, { appId: idOf(account), appSecret: () => secretOf(account) }),
}

/** The heap after everything that nothing holds has been freed. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}

test.each(Object.entries(kinds))(
  'a removed source of a %s leaves nothing in memory, for a program whose accounts come and go',
  async (_, sourceOf) => {
    const manager = manage()
    const comeAndGo = async (from: number, count: number): Promise<void> => {
      for (let first = from; first < from + count; first += 100) {
        const sources = Array.from({ length: 100 }, (__, i) => sourceOf(manager, first + i))
        await Promise.all(sources.map((source) => source.getAccessToken()))
        for (const source of sources) manager.remove(source)
      }
      // Until then, the test clock keeps the timers of requests that were cancelled.
      await clock.advance(minute)
    }
    await comeAndGo(0, 2000)
    const before = heapUsed()
    await comeAndGo(2000, 2000)
    // What remained of an account was at least 700 bytes.
    expect((heapUsed() - before) / 2000).toBeLessThan(500)
  },
)

test('the sources of two managers share what they know of an account until both are removed', async () => {
  const cache = chaosCache(memoryCache({ clock }), { clock })
  const [first, second] = [manage({ cache }), manage({ cache })]
  cache.fail('set', { times: Infinity })
  const token = await clock.runUntil(tokenOf(first, 1).getAccessToken())
  expect(tokenOf(second, 1).peek() === token).toBe(true)
  first.remove(tokenOf(first, 1))
  expect(tokenOf(first, 1).peek() === token).toBe(true)
  first.remove(tokenOf(first, 1))
  second.remove(tokenOf(second, 1))
  expect(tokenOf(first, 1).peek() === undefined).toBe(true)
})

test('an account that is removed and comes back gets its token from the cache', async () => {
  const manager = manage()
  const token = await clock.runUntil(tokenOf(manager, 1).getAccessToken())
  manager.remove(tokenOf(manager, 1))
  expect((await clock.runUntil(tokenOf(manager, 1).getAccessToken())) === token).toBe(true)
})
