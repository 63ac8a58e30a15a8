import { wecom } from '@lingpai/provider-wecom'

test('gettoken is asked by GET, without the agent', () => {
  expect(wecom.spec.request({ corpId: 'ww1', agentId: '1000002', corpSecret: 's' })).toEqual({
    method: 'GET',
    url: '/cgi-bin/gettoken',
    query: { corpid: 'ww1', corpsecret: 's' },
  })
})

test('an API call carries the token in the query', () => {
  expect(wecom.spec.placement).toEqual({ in: 'query', name: 'access_token' })
})

test('two apps of one corporation are two accounts', () => {
  expect(wecom.spec.account).toEqual(['corpId', 'agentId'])
})

test('a private deployment may stand below a path', () => {
  const { spec } = wecom.extend({ baseUrl: 'https://wecom.example.com/prefix' })
  expect([spec.baseUrl, spec.apiBaseUrl]).toEqual([
    'https://wecom.example.com/prefix',
    'https://wecom.example.com/prefix',
  ])
})

test('requests that bring the same token again are half a minute apart', () => {
  expect(wecom.spec.renewal).toMatchObject({ mode: 'sticky', windowSeconds: 0, minIntervalSeconds: 30 })
})

test('blocks are waited out', () => {
  expect(wecom.spec.perCode?.['45009']?.coolDownSeconds).toBe(60)
  expect(wecom.spec.perCode?.['45033']?.coolDownSeconds).toBe(5)
})

test('only a dead token of the app refreshes it: 40014 and 42001', () => {
  const { api } = wecom.spec.errors
  expect([api['token-invalid'], api['token-expired']]).toEqual([[40014], [42001]])
  expect([wecom.spec.errors.token['token-invalid'], wecom.spec.errors.token['token-expired']]).toEqual([
    undefined,
    undefined,
  ])
})

test('the hint for a refused address names it', () => {
  expect(wecom.spec.hints?.['ip-denied']).toEqual({
    en: expect.stringContaining('{ip}'),
    zh: expect.stringContaining('{ip}'),
  })
})

test('every code has a note for the docs, in both languages', () => {
  const codes = Object.values(wecom.spec.errors).flatMap((table) => Object.values(table).flat())
  for (const code of codes)
    expect(wecom.spec.perCode?.[String(code)]?.note).toMatchObject({
      en: expect.stringMatching(/\w/) as string,
      zh: expect.stringMatching(/\p{Script=Han}/u) as string,
    })
})

test('a missing AgentId is a ConfigError that says what serves for built-in apps', () => {
  const env = { WECOM_CORP_ID: 'ww1', WECOM_CORP_SECRET: 's' }
  expect(() => wecom.credentialsFromEnv(env)).toThrow(
    expect.objectContaining({
      code: 'ERR_LINGPAI_CONFIG',
      details: { field: 'WECOM_AGENT_ID', problem: 'missing' },
      hint: expect.stringContaining('use any text') as string,
    }),
  )
  expect(wecom.spec.hints?.['agentId']).toMatchObject({ zh: expect.stringContaining('可填任意文字') as string })
})
