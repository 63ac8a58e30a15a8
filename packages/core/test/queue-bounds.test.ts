import { defineProvider, TokenManager, type Provider, type TokenManagerOptions } from '@lingpai/core'
import { jsapiTicket, wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { testClock, type TestClock } from '@lingpai/testing'
import { plainCache } from './plain-cache.js'
import { toy, type ToyCredentials } from './scripted-platform.js'
import { hour, minute, second } from './world.js'

const appSecret = 'made-up-secret-of-all-accounts'
const appId = (account: number): string => `wx${String(account).padStart(16, '0')}`

let clock: TestClock
let managers: TokenManager[]
beforeEach(() => {
  clock = testClock()
  managers = []
})
afterEach(() => Promise.all(managers.map((manager) => manager.close())))

function manage(options: Partial<TokenManagerOptions>): TokenManager {
  const { cache } = plainCache()
  const manager = new TokenManager({ cache, clock, random: () => 0, ...options })
  managers.push(manager)
  return manager
}

const hung: Provider<ToyCredentials> = defineProvider({ ...toy.spec, id: 'hung', baseUrl: 'https://hung.example.com' })

/** A platform that responds in time, and one that never does. */
function platforms(): typeof globalThis.fetch {
  let requests = 0
  return (input, init) =>
    new Promise((resolve, reject) => {
      const body = { access_token: `token-${(requests += 1)}`, expires_in: 120 }
      const respond = (): void => {
        resolve(Response.json(body))
      }
      const timer = clock.setTimer(respond, String(input).startsWith('https://hung') ? hour : 50)
      init?.signal?.addEventListener('abort', () => {
        timer.cancel()
        reject(init.signal?.reason as Error)
      })
    })
}

test('refreshes ahead of parent tokens, which derived ones have started, are bounded, too', async () => {
  let isSlow = false
  let underWay = 0
  let mostUnderWay = 0
  const fetch: typeof globalThis.fetch = async (input) => {
    const isTicket = String(input).includes('ticket')
    underWay += 1
    mostUnderWay = Math.max(mostUnderWay, underWay)
    await new Promise<void>((resolve) => void clock.setTimer(resolve, isSlow && !isTicket ? 5 * second : 50))
    underWay -= 1
    return Response.json(
      isTicket
        ? { errcode: 0, errmsg: 'ok', ticket: 'a-ticket', expires_in: 7200 }
        : { access_token: 'a-token', expires_in: 7200 },
    )
  }
  const manager = manage({ fetch, maxConcurrentRefreshes: 2 })
  const tickets = Array.from({ length: 20 }, (_, i) =>
    manager.source(jsapiTicket.extend({ parent: wechatMpPlain }), { appId: appId(i), appSecret }),
  )
  await clock.runUntil(Promise.all(tickets.map((ticket) => ticket.getAccessToken())))
  // The parent tokens have to be refreshed ahead when the platform gets slow.
  await clock.advance(2 * hour - 5 * minute)
  isSlow = true
  mostUnderWay = 0
  await clock.runUntil(Promise.all(tickets.map((ticket) => ticket.refresh())))
  expect(mostUnderWay).toBe(2)
})

test('a platform that hangs for many accounts, whose callers call again and again, takes no turns from another one’s accounts', async () => {
  const manager = manage({ fetch: platforms(), maxConcurrentRefreshes: 2 })
  const warm = manager.source(toy, { appId: 'warm', appSecret })
  const first = await clock.runUntil(warm.getAccessToken())
  const stuck = Array.from({ length: 40 }, (_, i) => manager.source(hung, { appId: appId(i), appSecret }))
  const callers = stuck.map(async (source) => {
    while (manager.sources().includes(source)) {
      await source.getAccessToken().catch(() => undefined)
      await new Promise<void>((resolve) => void clock.setTimer(resolve, second))
    }
  })
  await clock.advance(30 * second)
  const beganMs = clock.monotonic()
  await clock.runUntil(manager.source(toy, { appId: 'cold', appSecret }).getAccessToken())
  expect(clock.monotonic() - beganMs).toBe(50)
  await clock.advance(70 * second)
  expect([warm.status().state, await warm.getAccessToken()]).toEqual(['expiring', first])
  await clock.advance(second)
  expect(await warm.getAccessToken()).not.toBe(first)
  for (const source of stuck) manager.remove(source)
  await clock.advance(2 * second)
  await Promise.all(callers)
})
