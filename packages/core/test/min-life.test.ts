import { errorOf, scriptedPlatform, toyAccount } from './scripted-platform.js'

test('a platform that gives the same token even in its window is not flooded by callers that need a longer life', async () => {
  const platform = await scriptedPlatform()
  const { clock } = platform
  const renewal = { mode: 'sticky', windowSeconds: 60, attemptsAtSeconds: [50, 10], minIntervalSeconds: 5 } as const
  const endsAtMs = clock.now() + 7200_000
  platform.answer((_, response) => {
    response.end(JSON.stringify({ access_token: 'same', expires_in: (endsAtMs - clock.now()) / 1000 }))
  })
  const source = platform.manager().source(platform.provider.extend({ renewal }), toyAccount)
  await source.getAccessToken()
  await clock.advance(7150_000)
  const ask = (): Promise<unknown> => errorOf(clock.runUntil(source.getAccessToken({ minLifeMs: 55_000 })))
  const refused = { code: 'ERR_LINGPAI_UNAVAILABLE', details: { field: 'minLifeMs' }, retryable: true }
  for (let i = 0; i < 50; i += 1) expect(await ask()).toMatchObject({ ...refused, retryAtMs: clock.now() + 5000 })
  expect(platform.requests()).toBe(2)
  await clock.advance(5000)
  for (let i = 0; i < 50; i += 1) expect(await ask()).toMatchObject(refused)
  expect(platform.requests()).toBe(3)
  expect(await source.getAccessToken()).toBe('same')
  await platform.close()
})
