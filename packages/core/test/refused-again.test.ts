import { defineProvider, type TokenSource } from '@lingpai/core'
import { memoryCache } from '@lingpai/cache-memory'
import { errorOf, scriptedPlatform, toy, toyAccount, type ScriptedPlatform } from './scripted-platform.js'

let platform: ScriptedPlatform
beforeEach(async () => {
  platform = await scriptedPlatform()
})
afterEach(() => platform.close())

/** A platform that gives these tokens, one after the other, and what its probe says. */
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
  return platform.manager({ cache: memoryCache({ now: platform.clock.now }) }).source(provider, toyAccount)
}

test('a refused token that comes again after another one was refused too is handed to nobody', async () => {
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

test('unless the platform stands by it', async () => {
  const source = openSource(['one', 'two', 'one', 'one'], { errcode: 0 })
  expect(await source.getAccessToken()).toBe('one')
  expect(await platform.clock.runUntil(source.reportRejected('one', 42001))).toBe('two')
  expect(await platform.clock.runUntil(source.reportRejected('two', 42001))).toBe('one')
  expect(await source.getAccessToken()).toBe('one')
})
