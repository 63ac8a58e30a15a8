import {
  feishu,
  feishuApp,
  feishuKeyless,
  feishuOAuth,
  feishuStoreApp,
  feishuStoreTenant,
  jsapiTicket,
  lark,
  larkOAuth,
} from '@lingpai/provider-feishu'

const app = { appId: 'cli_1', appSecret: 's' }
const providers = [feishu, feishuApp, feishuOAuth, feishuKeyless, feishuStoreApp, feishuStoreTenant, jsapiTicket]

test('each kind has its own kind, and so its own key', () => {
  expect(new Set(providers.map(({ kind }) => kind)).size).toBe(providers.length)
  expect(new Set(providers.map(({ id }) => id))).toEqual(new Set(['feishu']))
})

test('self-built apps send their id and secret as JSON', () => {
  const json = { app_id: 'cli_1', app_secret: 's' }
  expect([feishu, feishuApp].map(({ spec }) => spec.request(app))).toEqual([
    { method: 'POST', url: '/open-apis/auth/v3/tenant_access_token/internal', json },
    { method: 'POST', url: '/open-apis/auth/v3/app_access_token/internal', json },
  ])
})

test('a store app sends its ticket, and a tenant carries the token of the app in the body', () => {
  const store = { ...app, appTicket: 'ticket', tenantKey: 'tenant' }
  expect(feishuStoreApp.spec.request(store)).toEqual({
    method: 'POST',
    url: '/open-apis/auth/v3/app_access_token',
    json: { app_id: 'cli_1', app_secret: 's', app_ticket: 'ticket' },
  })
  expect(feishuStoreTenant.spec.request(store)).toEqual({
    method: 'POST',
    url: '/open-apis/auth/v3/tenant_access_token',
    json: { tenant_key: 'tenant' },
  })
  expect(feishuStoreTenant.spec.parentPlacement).toEqual({ in: 'json', name: 'app_access_token' })
})

test('OAuth sends the secret in the form and in no header, and an app without a secret a signed assertion', () => {
  expect(feishuOAuth.spec.request(app)).toEqual({
    method: 'POST',
    url: '/oauth/v3/token',
    form: { grant_type: 'client_credentials', client_id: 'cli_1', client_secret: 's' },
  })
  expect(feishuKeyless.spec.request({ appId: 'cli_1', clientAssertion: 'jwt' })).toEqual({
    method: 'POST',
    url: '/oauth/v3/token',
    form: {
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: 'jwt',
      client_id: 'cli_1',
    },
  })
})

test('an app of Lark is requested from Lark’s hosts, its tickets too', () => {
  const basesOf = ({ spec }: typeof feishu): readonly unknown[] => [spec.baseUrl, spec.apiBaseUrl ?? spec.baseUrl]
  expect(basesOf(feishu)).toEqual(['https://open.feishu.cn', 'https://open.feishu.cn'])
  expect(basesOf(feishu.extend(lark))).toEqual(['https://open.larksuite.com', 'https://open.larksuite.com'])
  expect(basesOf(feishuOAuth)).toEqual(['https://accounts.feishu.cn', 'https://open.feishu.cn'])
  expect(basesOf(feishuOAuth.extend(larkOAuth))).toEqual([
    'https://accounts.larksuite.com',
    'https://open.larksuite.com',
  ])
  const ticket = jsapiTicket.extend({ ...larkOAuth, parent: feishuOAuth }).spec
  expect([ticket.baseUrl, ticket.parent?.spec.baseUrl]).toEqual([
    'https://open.larksuite.com',
    'https://accounts.larksuite.com',
  ])
})

test('a refresh ahead is attempted in the last 30 minutes only, where both tokens work', () => {
  for (const { spec } of [feishu, feishuApp, feishuStoreApp, feishuStoreTenant]) {
    expect(spec.renewal).toMatchObject({
      mode: 'sticky',
      windowSeconds: 1800,
      overlapSeconds: 1800,
      attemptsAtSeconds: [1500, 900, 300, 60],
    })
  }
  for (const { spec } of [feishuOAuth, feishuKeyless]) expect(spec.renewal.mode).toBe('independent')
})

test('a ticket is trusted for an hour, whatever life its response reports', () => {
  const { renewal, response } = jsapiTicket.spec
  expect(renewal.trustSeconds).toBe(3600)
  expect(response).toMatchObject({ token: 'data.ticket', expiresIn: 'data.expire_in', message: 'msg' })
})

test('an invalid app_ticket waits for the next push: one request, and a cool-down', () => {
  const { errors, perCode, hints } = feishuStoreApp.spec
  expect(errors.token.transient).toContain(10012)
  expect(perCode?.['10012']).toMatchObject({ attempts: 1, coolDownSeconds: 10 })
  for (const key of ['10012', 'appTicket']) {
    expect(hints?.[key]).toMatchObject({
      en: expect.stringContaining('resendAppTicket') as string,
      zh: expect.stringContaining('resendAppTicket') as string,
    })
  }
})

test('every code has a note for the docs, in both languages', () => {
  const codes = Object.values(feishu.spec.errors).flatMap((table) => Object.values(table).flat())
  for (const code of codes)
    expect(feishu.spec.perCode?.[String(code)]?.note).toMatchObject({
      en: expect.stringMatching(/\w/) as string,
      zh: expect.stringMatching(/\p{Script=Han}/u) as string,
    })
})

test('variables of Lark are not read: they could pair the id of one app with the secret of another', () => {
  const env = { LARK_APP_ID: 'cli_1', LARK_APP_SECRET: 's', FEISHU_APP_SECRET: 's' }
  expect(() => feishu.credentialsFromEnv(env)).toThrow(
    expect.objectContaining({ details: { field: 'FEISHU_APP_ID', problem: 'missing' } }),
  )
})
