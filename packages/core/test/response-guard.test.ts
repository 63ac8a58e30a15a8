import type { IAccessTokenCache } from '@lingpai/core'
import { badResponses, good, token } from './bad-responses.js'
import { errorOf, reply, scriptedPlatform, type ScriptedPlatform } from './scripted-platform.js'

let platform: ScriptedPlatform
beforeEach(async () => {
  platform = await scriptedPlatform()
})
afterEach(() => platform.close())

test.each(badResponses)('$name: a typed error, few requests, and the next valid response heals', async (bad) => {
  const { clock } = platform
  const source = platform.source()
  platform.answer(bad.answer)
  const attempts = bad.attempts ?? 3
  const errors = await clock.runUntil(Promise.all(Array.from({ length: 50 }, () => errorOf(source.getAccessToken()))))
  expect(errors[0]).toMatchObject({ code: bad.code, details: bad.details })
  expect(errors[0]).toMatchObject({
    retryAtMs: expect.any(Number) as number,
    retryable: expect.any(Boolean) as boolean,
  })
  expect(new Set(errors).size).toBe(1)
  expect(platform.requests()).toBe(attempts)
  for (let i = 0; i < 50; i += 1) expect(await errorOf(source.getAccessToken())).toBe(errors[0])
  expect(platform.requests()).toBe(attempts)
  expect(source.status()).toMatchObject({ state: 'failing', lastFailure: { code: bad.code, failures: 1 } })
  expect(source.peek()).toBeUndefined()

  platform.answer(reply(good))
  await clock.advance(3_600_000)
  expect(await source.getAccessToken()).toBe(token)
  expect(platform.requests()).toBe(attempts + 1)
  expect(source.status()).toMatchObject({ state: 'valid', generation: 1 })
  expect(source.status()).not.toHaveProperty('lastFailure')
})

test.each(badResponses)('$name: the valid record stays, in memory and in the cache', async (bad) => {
  const { clock } = platform
  const { cache, texts } = watchedCache()
  const source = platform.source(platform.manager({ cache }))
  const { value } = await source.getRecord()
  const [stored] = [...texts.values()]
  platform.answer(bad.answer)
  // Within the last ten minutes: refreshed ahead, in the background.
  await clock.advance(7200_000 - 500_000)
  for (let i = 0; i < 50; i += 1) {
    expect(await source.getAccessToken()).toBe(value)
    await clock.settle()
  }
  expect(platform.requests()).toBe(2)
  expect([...texts.values()][0]).toBe(stored)
  expect(source.peek()).toBe(value)

  await errorOf(clock.runUntil(source.refresh()))
  expect([...texts.values()][0]).toBe(stored)
  expect(await source.getAccessToken()).toBe(value)

  platform.answer(undefined)
  await clock.advance(3_600_000)
  expect(await source.getAccessToken()).toBe('token-2')
  expect(source.status()).toMatchObject({ state: 'valid', generation: 2 })
})

function watchedCache(): { readonly cache: IAccessTokenCache; readonly texts: ReadonlyMap<string, string> } {
  const texts = new Map<string, string>()
  const cache: IAccessTokenCache = {
    get: (key) => texts.get(key),
    set: (key, text) => texts.set(key, text),
    remove: (key) => texts.delete(key),
  }
  return { cache, texts }
}
