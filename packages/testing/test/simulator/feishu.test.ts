import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { simulatorAdmin } from '../../src/simulator/index.js'
import { withSimulator, type Calls, type Reply } from './simulator-calls.js'

const auth = '/feishu/open-apis/auth/v3'
const { appId, appSecret } = { appId: 'cli_dec0de0000000001', appSecret: 'demo-feishu-app-secret-not-real' }
const self = { app_id: appId, app_secret: appSecret }
const store = { feishu: [{ appId, appSecret, tenants: ['tenant-a', 'tenant-b'] }] }

type Fields = Readonly<Record<string, unknown>>
const fieldsOf = ({ body }: Reply): Fields => body as unknown as Fields
const tenantToken = async ({ post }: Calls, changes = {}): Promise<Fields> =>
  fieldsOf(await post(`${auth}/tenant_access_token/internal`, { ...self, ...changes }))
const call = ({ post }: Calls, token: unknown, path = '/im/v1/messages'): Promise<Reply> =>
  post(`/feishu/open-apis${path}`, {}, { authorization: `Bearer ${String(token)}` })
const oauth = ({ send }: Calls, form: Record<string, string>, headers = {}): Promise<Reply> =>
  send('/feishu/oauth/v3/token', { method: 'POST', body: new URLSearchParams(form), headers })
const ticketOf = (event: object): unknown => (event as { readonly event: Fields }).event['app_ticket']
const failure = (code: number): object => expect.objectContaining({ code, msg: expect.any(String) }) as object

test('a tenant token stays the same while 30 minutes are left; then a new one works beside it', () =>
  withSimulator({}, async (calls) => {
    const first = await tenantToken(calls)
    const tenant_access_token = expect.stringMatching(/^simtok_feishu_/) as string
    expect(first).toEqual({ code: 0, msg: 'ok', tenant_access_token, expire: 7200 })
    await calls.clock.advance(5_400_000)
    expect(await tenantToken(calls)).toEqual({ ...first, expire: 1800 })
    await calls.clock.advance(1000)
    const second = await tenantToken(calls)
    expect(second['expire']).toBe(7200)
    for (const { tenant_access_token: token } of [first, second])
      expect(fieldsOf(await call(calls, token))).toMatchObject({
        code: 0,
        data: { message_id: expect.any(String) as string },
      })
    await calls.clock.advance(1_799_000)
    expect((await call(calls, first['tenant_access_token'])).status).toBe(400)
    expect((await call(calls, second['tenant_access_token'])).status).toBe(200)
    expect(calls.simulator.ledger.deadPresented({ kind: 'expired' })).toBe(1)
  }))

test('the app token comes with the tenant token', () =>
  withSimulator({}, async (calls) => {
    const tenant = await tenantToken(calls)
    const both = fieldsOf(await calls.post(`${auth}/app_access_token/internal`, self))
    expect(both).toMatchObject({ code: 0, tenant_access_token: tenant['tenant_access_token'], expire: 7200 })
    expect(both['app_access_token']).not.toBe(tenant['tenant_access_token'])
    calls.simulator.revoke('feishu')
    expect(fieldsOf(await call(calls, both['app_access_token']))).toEqual(failure(99991664))
  }))

test.each([
  ['an unknown app', { app_id: 'cli_0' }, 10003],
  ['no app', { app_id: undefined }, 10003],
  ['a wrong secret', { app_secret: 'wrong' }, 10014],
])('the token endpoint rejects %s with HTTP 200', async (_, changes, code) =>
  withSimulator({}, async (calls) => {
    expect(await tenantToken(calls, changes)).toEqual(failure(code))
  }),
)

test.each([400, 200] as const)('a revoked token gets 99991663 with HTTP %d, if the account is set so', (status) =>
  withSimulator({}, async (calls) => {
    calls.simulator.change('feishu', { rejectedStatus: status })
    const { tenant_access_token: token } = await tenantToken(calls)
    calls.simulator.revoke('feishu')
    for (const value of [token, 'unknown']) {
      expect(await call(calls, value)).toMatchObject({ status, body: failure(99991663) })
    }
    const { dead } = calls.simulator.ledger.summary()
    expect(dead).toMatchObject({ revoked: 1, unknown: 1 })
  }),
)

test('a call without a token, from another address, or to another path gets its own error', () =>
  withSimulator({}, async (calls) => {
    expect(await calls.send('/feishu/open-apis/bot/v3/info')).toMatchObject({ status: 400, body: failure(99991661) })
    expect(await calls.send('/feishu/elsewhere')).toMatchObject({ status: 404, text: '404 page not found' })
    const { tenant_access_token: token } = await tenantToken(calls)
    calls.simulator.change('feishu', { ipAllow: ['203.0.113.9'] })
    expect(fieldsOf(await call(calls, token))).toEqual(failure(99991401))
  }))

test('a ticket of the JS-SDK is nested, and the same during its life', () =>
  withSimulator({}, async (calls) => {
    const { tenant_access_token: token } = await tenantToken(calls)
    const first = fieldsOf(await call(calls, token, '/jssdk/ticket/get'))
    expect(first).toEqual({
      code: 0,
      msg: 'ok',
      data: { expire_in: 7200, ticket: expect.stringMatching(/^simtok_/) as string },
    })
    await calls.clock.advance(60_000)
    expect(fieldsOf(await call(calls, token, '/jssdk/ticket/get'))).toEqual(first)
    expect([calls.simulator.ledger.ticketRequests(), calls.simulator.ledger.ticketsIssued()]).toEqual([2, 1])
  }))

test('OAuth issues a new token each time, with the secret in the form or in a Basic header', () =>
  withSimulator({}, async (calls) => {
    const form = { grant_type: 'client_credentials', client_id: appId, client_secret: appSecret }
    const basic = { authorization: `Basic ${Buffer.from(`${appId}:${appSecret}`).toString('base64')}` }
    const ofForm = fieldsOf(await oauth(calls, form))
    const ofBasic = fieldsOf(await oauth(calls, { grant_type: 'client_credentials' }, basic))
    expect(ofForm).toEqual({ access_token: expect.any(String) as string, token_type: 'Bearer', expires_in: 7200 })
    expect(ofBasic['access_token']).not.toBe(ofForm['access_token'])
    expect(String(ofForm['access_token']).length).toBeGreaterThan(4000)
    for (const { access_token: token } of [ofForm, ofBasic]) expect((await call(calls, token)).status).toBe(200)
    expect(await oauth(calls, form, basic)).toMatchObject({ status: 400, body: { code: 20070 } })
    expect(await oauth(calls, { ...form, client_secret: 'x' })).toMatchObject({ status: 400, body: { code: 20002 } })
    expect(await oauth(calls, { ...form, client_id: 'x' })).toMatchObject({ status: 400, body: { code: 20048 } })
  }))

test('OAuth takes a signed assertion instead of a secret', () =>
  withSimulator({}, async (calls) => {
    const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
    const form = { grant_type, client_id: appId, client_assertion: 'signed' }
    expect(fieldsOf(await oauth(calls, form))).toMatchObject({ token_type: 'Bearer' })
    expect((await oauth(calls, { ...form, client_assertion: '' })).status).toBe(400)
  }))

test('an account may have a limit of token requests', () =>
  withSimulator({ accounts: { feishu: [{ appId, appSecret, perMinute: 1 }] } }, async (calls) => {
    await tenantToken(calls)
    const path = `${auth}/tenant_access_token/internal`
    expect(await calls.post(path, self)).toMatchObject({ status: 429, body: failure(99991400) })
  }))

describe('a store app', () => {
  test('needs the ticket that was pushed last, and each tenant has its own token', () =>
    withSimulator({ accounts: store }, async (calls) => {
      const { simulator, post } = calls
      const appToken = async (app_ticket: unknown): Promise<Fields> =>
        fieldsOf(await post(`${auth}/app_access_token`, { ...self, app_ticket }))
      expect(await appToken('none-yet')).toEqual(failure(10012))
      const [old, latest] = [ticketOf(simulator.push('feishu')), ticketOf(simulator.push('feishu'))]
      expect(await appToken(old)).toEqual(failure(10012))
      const { app_access_token } = await appToken(latest)
      const ofTenant = async (tenant_key: string): Promise<Fields> =>
        fieldsOf(await post(`${auth}/tenant_access_token`, { app_access_token, tenant_key }))
      const [a, b] = [await ofTenant('tenant-a'), await ofTenant('tenant-b')]
      expect(a).toMatchObject({ code: 0, expire: 7200 })
      expect(b['tenant_access_token']).not.toBe(a['tenant_access_token'])
      expect(await ofTenant('tenant-a')).toEqual(a)
      expect((await call(calls, a['tenant_access_token'])).status).toBe(200)
      expect(await ofTenant('tenant-c')).toEqual(failure(10003))
      simulator.revoke('feishu')
      expect(await ofTenant('tenant-a')).toEqual(failure(99991664))
      expect((await call(calls, b['tenant_access_token'])).status).toBe(400)
    }))

  test('gets no token of self-built apps, and a self-built app none of store apps', async () => {
    await withSimulator({ accounts: store }, async (calls) => {
      expect(await tenantToken(calls)).toEqual(failure(10003))
    })
    await withSimulator({}, async ({ post }) => {
      expect(fieldsOf(await post(`${auth}/app_access_token`, self))).toEqual(failure(10003))
    })
  })

  test('gets the event with its ticket at its URL: after a push, by the admin API, and after a resend', async () => {
    const events: string[] = []
    let arrived: (() => void) | undefined
    const receiver = createServer((request, response) => {
      request.on('data', (chunk: Buffer) => events.push(chunk.toString('utf8')))
      request.on('end', () => {
        response.end('{}')
        arrived?.()
      })
    })
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
    const pushUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/events`
    await withSimulator({ accounts: { feishu: [{ appId, appSecret, tenants: [], pushUrl }] } }, async (calls) => {
      const { simulator, post } = calls
      const after = async (push: () => unknown): Promise<Fields> => {
        const arrival = new Promise<void>((resolve) => (arrived = resolve))
        await push()
        await arrival
        return JSON.parse(events.at(-1) ?? '') as Fields
      }
      let returned: object = {}
      expect(await after(() => (returned = simulator.push('feishu')))).toEqual(returned)
      expect(await after(() => simulatorAdmin(simulator.url).push('feishu'))).toMatchObject({
        event: { app_id: appId },
      })
      expect(await after(() => post(`${auth}/app_ticket/resend`, self))).toMatchObject({
        event: { type: 'app_ticket' },
      })
      expect(new Set(events).size).toBe(3)
      expect(fieldsOf(await post(`${auth}/app_ticket/resend`, { ...self, app_secret: 'x' }))).toEqual(failure(10014))
      expect(simulator.ledger.tokenRequests()).toBe(0)
    })
    receiver.close()
  })
})

test('a platform that pushes nothing says so', () =>
  withSimulator({}, async ({ simulator }) => {
    expect(() => simulator.push('qq')).toThrow('qq pushes nothing')
    await expect(simulatorAdmin(simulator.url).push('wecom')).rejects.toThrow('wecom pushes nothing')
  }))
