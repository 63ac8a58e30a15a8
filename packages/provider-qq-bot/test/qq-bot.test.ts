import { qqBot, qqBotHosts } from '@lingpai/provider-qq-bot'

test('the token request is JSON, with appId as a string', () => {
  const { appId } = qqBot.credentialsFromEnv({ QQ_BOT_APP_ID: '102000001', QQ_BOT_SECRET: 's' })
  expect(qqBot.spec.request({ appId, clientSecret: 's' })).toEqual({
    method: 'POST',
    url: '/app/getAppAccessToken',
    json: { appId: '102000001', clientSecret: 's' },
  })
})

test('an API call carries the token in the Authorization header, with the scheme QQBot', () => {
  expect(qqBot.spec.placement).toEqual({ in: 'header', name: 'Authorization', scheme: 'QQBot' })
})

test('the new host is the default for token and API', () => {
  expect(qqBot.spec.baseUrl).toBe('https://api.bot.qq.com')
  expect(qqBot.spec.apiBaseUrl).toBeUndefined()
})

test('the legacy hosts take the place of both', () => {
  const { spec } = qqBot.extend(qqBotHosts.legacy)
  expect([spec.baseUrl, spec.apiBaseUrl]).toEqual(['https://bots.qq.com', 'https://api.sgroup.qq.com'])
})

test('the sandbox changes the API only, over the new hosts and over the legacy ones', () => {
  const sandbox = 'https://sandbox.api.sgroup.qq.com'
  const { spec } = qqBot.extend(qqBotHosts.sandbox)
  expect([spec.baseUrl, spec.apiBaseUrl]).toEqual(['https://api.bot.qq.com', sandbox])
  const legacy = qqBot.extend(qqBotHosts.legacy).extend(qqBotHosts.sandbox)
  expect([legacy.spec.baseUrl, legacy.spec.apiBaseUrl]).toEqual(['https://bots.qq.com', sandbox])
})

test('no refresh is tried before the last 60 seconds, in which upstream hands out a new token', () => {
  const { mode, windowSeconds, attemptsAtSeconds, marginSeconds } = qqBot.spec.renewal
  expect(mode).toBe('sticky')
  expect(windowSeconds).toBe(60)
  expect(Math.max(...attemptsAtSeconds)).toBeLessThanOrEqual(60)
  expect(Math.min(...attemptsAtSeconds)).toBeGreaterThan(marginSeconds)
})

test('faults that the platform allows one more try are tried twice', () => {
  for (const code of ['100002', '11242', '11252', '11263', '11281'])
    expect(qqBot.spec.perCode?.[code]?.attempts).toBe(2)
})

test('too many token requests are a minute of silence', () => {
  expect(qqBot.spec.perCode?.['100001']?.coolDownSeconds).toBe(60)
})

test('every code has a note for the docs, in both languages', () => {
  const codes = Object.values(qqBot.spec.errors).flatMap((table) => Object.values(table).flat())
  for (const code of codes)
    expect(qqBot.spec.perCode?.[String(code)]?.note).toMatchObject({
      en: expect.stringMatching(/\w/) as string,
      zh: expect.stringMatching(/\p{Script=Han}/u) as string,
    })
})
