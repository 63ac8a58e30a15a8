import { ConfigError, defineProvider, type TokenSource } from '@lingpai/core'
import { memoryCache } from '@lingpai/cache-memory'
import { plainCache } from './plain-cache.js'
import { errorOf, scriptedPlatform, toy, toyAccount, type ScriptedPlatform } from './scripted-platform.js'

let platform: ScriptedPlatform
beforeEach(async () => {
  platform = await scriptedPlatform()
})
afterEach(() => platform.close())

/** A platform that gives these tokens in order, and the verdict of its probe. */
function openSource(tokens: readonly string[], probe?: object): TokenSource {
  let given = 0
  platform.answer((request, response) => {
    const isProbe = request.url?.startsWith('/probe') === true
    response.end(JSON.stringify(isProbe ? probe : { access_token: tokens[given++], expires_in: 7200 }))
  })
  const id = probe === undefined ? 'toy-again' : 'toy-probed'
  const provider = defineProvider({
    ...toy.spec,
    id,
    baseUrl: platform.url,
    ...(probe !== undefined && { probe: { method: 'GET', url: '/probe' } }),
  })
  return platform.manager({ cache: memoryCache({ clock: platform.clock }) }).source(provider, toyAccount)
}

test('a rejected token that comes again after another one was rejected too is not served to any caller', async () => {
  const source = openSource(['one', 'two', 'one', 'three'])
  expect(await source.getAccessToken()).toBe('one')
  expect(await platform.clock.runUntil(source.reportRejected('one', 42001))).toBe('two')
  expect(await errorOf(platform.clock.runUntil(source.reportRejected('two', 42001)))).toMatchObject({
    code: 'ERR_LINGPAI_PLATFORM',
    details: { errorClass: 'token-invalid' },
  })
  expect(source.peek()).toBeUndefined()
  await platform.clock.advance(60_000)
  expect(await platform.clock.runUntil(source.getAccessToken())).toBe('three')
})

test('a rejected token that comes again is served if the platform’s probe accepts it', async () => {
  const source = openSource(['one', 'two', 'one', 'one'], { errcode: 0 })
  expect(await source.getAccessToken()).toBe('one')
  await platform.clock.advance(60_000)
  expect(await platform.clock.runUntil(source.reportRejected('one', 42001))).toBe('two')
  await platform.clock.advance(60_000)
  expect(await platform.clock.runUntil(source.reportRejected('two', 42001))).toBe('one')
  expect(await source.getAccessToken()).toBe('one')
})

test('a rejected token that reaches another process late is served by neither', async () => {
  const { cache } = plainCache()
  const one = (): TokenSource => platform.source(platform.manager({ cache: { ...cache } }))
  const body = JSON.stringify({ access_token: 'one', expires_in: 7200 })
  let deliver: (() => void) | undefined
  platform.answer((_, response) => {
    const answer = (): void => void response.end(body)
    if (deliver === undefined) deliver = answer
    else answer()
  })
  const late = one().getAccessToken()
  while (deliver === undefined) await platform.clock.settle()
  const other = one()
  expect(await other.getAccessToken()).toBe('one')
  const refused = { code: 'ERR_LINGPAI_PLATFORM', details: { errorClass: 'token-invalid' } }
  expect(await errorOf(platform.clock.runUntil(other.reportRejected('one', 42001)))).toMatchObject(refused)
  deliver()
  expect(await errorOf(platform.clock.runUntil(late))).toMatchObject(refused)
})

test('a rejection in the cache counts although the time on its record’s clock is unknown', async () => {
  const { cache, stored } = plainCache()
  let isAway = false
  const nowMs = (): number => {
    if (isAway) throw new ConfigError('no answer')
    return platform.clock.now()
  }
  const source = platform.source(platform.manager({ cache: { ...cache, reach: 'host', nowMs } }))
  const token = await source.getAccessToken()
  for (const [key, text] of stored) {
    stored.set(key, JSON.stringify({ ...(JSON.parse(text) as object), rejectedCode: 42001 }))
  }
  isAway = true
  platform.clock.jumpWall(2000)
  await platform.clock.advance(61_000)
  expect(await source.getAccessToken()).toBe(token)
  await platform.clock.settle()
  expect(source.peek()).toBeUndefined()
})
