import { wechatMp, wechatMpHosts, wechatMpPlain } from '@lingpai/provider-wechat-mp'

const credentials = { appId: 'wx1', appSecret: 's' }

test('stable_token is asked by POST, and never to force a refresh', () => {
  expect(wechatMp.spec.request(credentials)).toEqual({
    method: 'POST',
    url: '/cgi-bin/stable_token',
    json: { grant_type: 'client_credential', appid: 'wx1', secret: 's' },
  })
})

test('cgi-bin/token is asked by GET, with the secret in the query', () => {
  expect(wechatMpPlain.spec.request(credentials)).toEqual({
    method: 'GET',
    url: '/cgi-bin/token',
    query: { grant_type: 'client_credential', appid: 'wx1', secret: 's' },
  })
})

test('an API call carries the token in the query', () => {
  expect(wechatMp.spec.placement).toEqual({ in: 'query', name: 'access_token' })
  expect(wechatMpPlain.spec.placement).toEqual(wechatMp.spec.placement)
})

test('the two ways are two kinds of one platform, with one table', () => {
  expect([wechatMp.id, wechatMp.kind]).toEqual(['wechat-mp', 'stable'])
  expect([wechatMpPlain.id, wechatMpPlain.kind]).toEqual(['wechat-mp', 'token'])
  expect(wechatMpPlain.spec.errors).toEqual(wechatMp.spec.errors)
})

test('no refresh of a stable token is tried before its last 300 seconds', () => {
  const { mode, windowSeconds, attemptsAtSeconds } = wechatMp.spec.renewal
  expect([mode, windowSeconds]).toEqual(['sticky', 300])
  expect(Math.max(...attemptsAtSeconds)).toBeLessThanOrEqual(300)
})

test('a rotating token is kept in memory for a minute, well below the overlap of five', () => {
  expect(wechatMpPlain.spec.renewal).toMatchObject({ mode: 'rotate', overlapSeconds: 300, memorySeconds: 60 })
})

test('the disaster-recovery host is the fallback, until a base of its own takes the place of all', () => {
  expect(wechatMp.spec.fallbackBaseUrls).toEqual(['https://api2.weixin.qq.com'])
  const { spec } = wechatMp.extend(wechatMpHosts.hongkong)
  expect([spec.baseUrl, spec.fallbackBaseUrls]).toEqual(['https://hk.api.weixin.qq.com', []])
})

test('each host override is an https host of WeChat', () => {
  expect(Object.keys(wechatMpHosts)).toEqual(['backup', 'shanghai', 'shenzhen', 'hongkong'])
  for (const { baseUrl } of Object.values(wechatMpHosts))
    expect(baseUrl).toMatch(/^https:\/\/[a-z0-9.]+\.weixin\.qq\.com$/)
})

test('what an operator answered about an IP is respected', () => {
  const { perCode } = wechatMp.spec
  expect(perCode?.['45011']?.coolDownSeconds).toBe(60)
  expect(perCode?.['89503']?.coolDownSeconds).toBe(300)
  expect(perCode?.['89506']?.coolDownSeconds).toBe(86_400)
  expect(perCode?.['89507']?.coolDownSeconds).toBe(3600)
})

test.each([40164, 40243, 89501, 89503, 89506, 89507, 50004, 61024])(
  '%i has a remedy of its own, in both languages',
  (code) => {
    expect(wechatMp.spec.hints?.[code]).toEqual({
      en: expect.stringMatching(/\w/),
      zh: expect.stringMatching(/\p{Script=Han}/u),
    })
  },
)

test('the way out of a used-up quota is named', () => {
  expect(JSON.stringify(wechatMp.spec.hints?.['quota-exhausted'])).toContain('/cgi-bin/clear_quota/v2')
})

test('every code has a note for the docs, in both languages', () => {
  const codes = Object.values(wechatMp.spec.errors).flatMap((table) => Object.values(table).flat())
  for (const code of codes)
    expect(wechatMp.spec.perCode?.[String(code)]?.note).toMatchObject({
      en: expect.stringMatching(/\w/) as string,
      zh: expect.stringMatching(/\p{Script=Han}/u) as string,
    })
})

test('a used-up quota of cgi-bin/token points to stable_token, in both languages', () => {
  const hint = wechatMpPlain.spec.hints?.[45009] as { readonly en: string; readonly zh: string }
  for (const text of [hint.en, hint.zh]) expect(text).toMatch(/wechatMp.*stable_token.*clear_quota\/v2/)
  expect(wechatMp.spec.hints).not.toHaveProperty('45009')
})
