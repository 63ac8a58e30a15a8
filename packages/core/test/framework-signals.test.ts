import { inspect } from 'node:util'
import { wecom } from '@lingpai/provider-wecom'
import { openWorld, apiPath, type World } from './world.js'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

/**
 * The error of Next.js's `fetch` when a page that is rendered ahead requests `no-store`; its message contains the URL.
 */
function dynamicUsage(url: string): Error {
  return Object.assign(new Error(`Dynamic server usage: no-store fetch ${url} /page`), {
    digest: 'DYNAMIC_SERVER_USAGE',
  })
}

/** The global `fetch`, which a framework may abort, and the number of its calls. */
function frameworkFetch(): { isRenderedAhead: boolean; calls: number; readonly fetch: typeof globalThis.fetch } {
  const framework = {
    isRenderedAhead: true,
    calls: 0,
    fetch: async (input: string | URL | Request, init?: RequestInit) => {
      if (!framework.isRenderedAhead) return globalThis.fetch(input, init)
      framework.calls += 1
      throw dynamicUsage(String(input))
    },
  }
  return framework
}

const ended = { code: 'ERR_LINGPAI_TRANSPORT', digest: 'DYNAMIC_SERVER_USAGE', retryable: false }

test('a token request that a framework ends is not repeated, starts no cool-down, and shows the digest and no secret', async () => {
  const framework = frameworkFetch()
  const source = world.source('wecom', world.manager({ fetch: framework.fetch }))
  const error: unknown = await source.getAccessToken().catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ ...ended, details: { problem: 'framework' } })
  expect(error).toHaveProperty('hint', expect.stringContaining('force-dynamic'))
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(world.simulator.accounts.wecom.corpSecret)
  expect(framework.calls).toBe(1)
  expect(world.count('refresh-failed')).toBe(0)
  framework.isRenderedAhead = false
  expect(await source.getAccessToken()).toMatch(/^simtok_/)
})

test('an API call that a framework ends shows the digest and no token', async () => {
  const framework = frameworkFetch()
  framework.isRenderedAhead = false
  const source = world.source('wecom', world.manager({ fetch: framework.fetch }))
  const token = await source.getAccessToken()
  framework.isRenderedAhead = true
  const error: unknown = await source.fetch(apiPath.wecom).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ digest: 'DYNAMIC_SERVER_USAGE' })
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(token)
})

test('a refresh ahead that a framework ends leaves the token in use', async () => {
  const framework = frameworkFetch()
  framework.isRenderedAhead = false
  const source = world.source('wecom', world.manager({ fetch: framework.fetch }))
  const token = await source.getAccessToken()
  framework.isRenderedAhead = true
  await world.clock.advance(7200_000 - 60_000)
  expect(await source.getAccessToken()).toBe(token)
  await expect(source.refresh()).rejects.toMatchObject(ended)
  expect(framework.calls).toBeGreaterThan(0)
  expect(await source.getAccessToken()).toBe(token)
})

test('a function for a secret that a framework ends fails with the digest', async () => {
  const { simulator } = world
  const corpSecret = async (): Promise<string> => Promise.reject(dynamicUsage('https://vault.example/secret'))
  const source = world.manager().source(simulator.provider(wecom), { ...simulator.accounts.wecom, corpSecret })
  await expect(source.getAccessToken()).rejects.toMatchObject({
    code: 'ERR_LINGPAI_UNAVAILABLE',
    digest: 'DYNAMIC_SERVER_USAGE',
  })
})
