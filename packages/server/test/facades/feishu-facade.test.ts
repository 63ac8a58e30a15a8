import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { feishu, feishuApp, feishuOAuth, jsapiTicket } from '@lingpai/provider-feishu'
import type { ServedAccount } from '../../src/accounts/served-account.js'
import { openFacadeWorld, type FacadeWorld, type FacadeWorldOptions } from './facade-world.js'

const run = promisify(execFile)
const tenantPath = '/open-apis/auth/v3/tenant_access_token/internal'
const appPath = '/open-apis/auth/v3/app_access_token/internal'
const appId = 'cli_dec0de0000000001'

type Body = Readonly<Record<string, unknown>>

/** Accounts of one app: `tenant`, `app` and `oauth`, each if it is named. */
const accountsOf =
  (...names: readonly ('tenant' | 'app' | 'oauth')[]): NonNullable<FacadeWorldOptions['more']> =>
  (simulator, manager) =>
    names.map((name): ServedAccount => {
      const provider = simulator.provider({ tenant: feishu, app: feishuApp, oauth: feishuOAuth }[name])
      const served = { name, provider, source: manager.source(provider, simulator.accounts.feishu) }
      if (name !== 'tenant') return served
      const ticket = simulator.provider(jsapiTicket).extend({ parent: provider })
      return { ...served, tickets: { jsapi: manager.source(ticket, simulator.accounts.feishu) } }
    })

let world: FacadeWorld
let key: string
beforeEach(async () => {
  world = await openFacadeWorld({ more: accountsOf('tenant', 'app', 'oauth') })
  key = world.key(['tenant', 'app', 'oauth'])
})
afterEach(() => world.close())

const ask = (secret = key, path = tenantPath): Promise<Body> => world.post(path, { app_id: appId, app_secret: secret })

async function oauth(form: Record<string, string>, headers: Record<string, string> = {}) {
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...form })
  const response = await fetch(`${world.url}/oauth/v3/token`, { method: 'POST', body, headers })
  return { status: response.status, body: (await response.json()) as Body }
}

const basic = (id: string, secret: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})

test('a client key gets the tenant token and the app token with their remaining seconds', async () => {
  const tenant_access_token = expect.stringMatching(/^simtok_feishu/) as string
  const first = await ask()
  expect(first).toEqual({ code: 0, msg: 'ok', tenant_access_token, expire: 7200 })
  expect(await ask(key, appPath)).toMatchObject({ code: 0, app_access_token: tenant_access_token, expire: 7200 })
  await world.clock.advance(1_500_400)
  expect(await ask(world.key(['tenant']))).toEqual({ ...first, expire: 5699 })
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
})

test('OAuth takes the key in the body or in a Basic header, not in both', async () => {
  const ofBody = await oauth({ client_id: appId, client_secret: key })
  expect(ofBody).toEqual({
    status: 200,
    body: { access_token: expect.stringMatching(/^simtok_feishu/) as string, token_type: 'Bearer', expires_in: 7200 },
  })
  expect(await oauth({}, basic(appId, key))).toEqual(ofBody)
  expect(await oauth({ client_id: appId, client_secret: key }, basic(appId, key))).toMatchObject({
    status: 400,
    body: { code: 20070, error: 'invalid_request' },
  })
  expect(await oauth({ client_assertion: 'a.b.c' }, basic(appId, key))).toMatchObject({ body: { code: 20070 } })
  expect(await oauth({ client_id: 'cli_0' }, basic(appId, key))).toMatchObject({ body: { code: 20036 } })
  expect(await oauth({ client_id: appId }, basic(appId, key))).toEqual(ofBody)
  expect(world.simulator.ledger.tokenRequests()).toBe(1)
})

test('either endpoint serves the tenant token of an account of the other kind', async () => {
  await world.close()
  world = await openFacadeWorld({ more: accountsOf('tenant') })
  const { body } = await oauth({ client_id: appId, client_secret: world.key(['tenant']) })
  expect(body['access_token']).toBe((await ask(world.key(['tenant'])))['tenant_access_token'])
  expect(await ask(world.key('*'), appPath)).toMatchObject({ code: 10014 })
  await world.close()
  world = await openFacadeWorld({ more: accountsOf('oauth') })
  expect(await ask(world.key(['oauth']))).toMatchObject({ code: 0, expire: 7200 })
})

test('a ticket comes for a token of this server, and for no other', async () => {
  const ticketFor = async (token?: unknown) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${String(token)}` }
    const response = await fetch(`${world.url}/open-apis/jssdk/ticket/get`, { method: 'POST', headers })
    return [response.status, await response.json()] as const
  }
  const { tenant_access_token: token } = await ask()
  // A response of the platform is trusted for an hour.
  const data = { ticket: expect.stringMatching(/^simtok_/) as string, expire_in: 3600 }
  expect(await ticketFor(token)).toEqual([200, { code: 0, msg: 'ok', data }])
  expect(await ticketFor(token)).toEqual([200, { code: 0, msg: 'ok', data }])
  expect(world.simulator.ledger.ticketRequests()).toBe(1)
  for (const wrong of ['unknown', key]) expect(await ticketFor(wrong)).toMatchObject([400, { code: 99991663 }])
  expect(await ticketFor()).toMatchObject([400, { code: 99991661 }])
  const { app_access_token: ofApp } = await ask(key, appPath)
  expect(await ticketFor(ofApp)).toMatchObject([400, { code: 99991672 }])
})

test('a wrong key, a foreign key and an unknown app get one error in Feishu’s own shape', async () => {
  const wrong = [
    'not-a-key',
    `lpk_0000000000_${'A'.repeat(43)}`,
    world.key(['shop']),
    'demo-feishu-app-secret-not-real',
  ]
  for (const path of [tenantPath, appPath]) {
    const responses = [
      ...(await Promise.all(wrong.map((secret) => ask(secret, path)))),
      await world.post<Body>(path, { app_id: 'cli_0', app_secret: key }),
    ]
    for (const body of responses)
      expect(body).toEqual({ code: 10014, msg: expect.stringMatching(/^app secret invalid/) as string })
  }
  for (const secret of wrong) {
    const rejection = {
      status: 400,
      body: {
        code: 20002,
        error: 'invalid_client',
        error_description: expect.stringContaining('client key') as string,
      },
    }
    expect(await oauth({ client_id: appId, client_secret: secret })).toEqual(rejection)
    expect(await oauth({}, basic(appId, secret))).toEqual(rejection)
  }
  expect(world.simulator.ledger.tokenRequests()).toBe(0)
})

test('malformed requests get the code of a malformed request', async () => {
  expect(await world.post(tenantPath, {})).toMatchObject({ code: 10003 })
  expect(await world.post(tenantPath, 'no json')).toMatchObject({ code: 10003 })
  expect(await world.get(`${tenantPath}?app_id=${appId}&app_secret=${key}`)).toMatchObject({ code: 10003 })
  expect(await oauth({})).toMatchObject({ status: 400, body: { code: 20036, error: 'invalid_request' } })
  expect(await oauth({ client_id: appId, client_secret: key, grant_type: 'refresh_token' })).toMatchObject({
    status: 400,
    body: { code: 20036 },
  })
  const response = await fetch(`${world.url}/oauth/v3/token`)
  expect([response.status, await response.json()]).toMatchObject([400, { code: 20036 }])
})

test('an upstream that fails is a server error, with HTTP 500 at the OAuth endpoint', async () => {
  world.simulator.fault({ platform: 'feishu', endpoint: 'token', status: 502, times: 20 })
  const [classic, standard] = await world.clock.runUntil(
    Promise.all([ask(), oauth({ client_id: appId, client_secret: key })]),
  )
  expect(classic).toMatchObject({ code: 20050, msg: expect.stringContaining('lingpai') as string })
  expect(standard).toMatchObject({ status: 500, body: { code: 20050, error: 'server_error' } })
})

test.each([400, 200] as const)(
  'a client that comes back for a revoked token gets another one with one refresh (HTTP %d)',
  async (rejectedStatus) => {
    world.simulator.change('feishu', { rejectedStatus })
    const first = await ask()
    world.simulator.revoke('feishu')
    const second = await ask()
    expect(second['tenant_access_token']).not.toBe(first['tenant_access_token'])
    expect(await ask()).toEqual(second)
    expect(world.simulator.ledger.tokenRequests()).toBe(2)
  },
)

test('a polling client causes no refresh, and one probe in ten seconds', async () => {
  await ask()
  for (let poll = 0; poll < 20; poll += 1) {
    await world.clock.advance(3000)
    await ask()
  }
  const { tokenRequests, apiRequests } = world.simulator.ledger.summary()
  expect([tokenRequests, apiRequests]).toEqual([1, 5])
})

test('a call of the API gets an error that SDKs understand, and slashes do not matter', async () => {
  const response = await fetch(`${world.url}/open-apis/im/v1/messages`, { method: 'POST', body: '{}' })
  expect([response.status, await response.json()]).toEqual([
    400,
    { code: 99991672, msg: expect.stringContaining('forwards no API calls') as string },
  ])
  expect(await ask(key, `/${tenantPath}/`)).toMatchObject({ code: 0 })
})

test('the metrics and the list of accounts name each kind of token', async () => {
  await ask()
  const headers = { authorization: `Bearer ${world.key('*')}` }
  expect(await (await fetch(`${world.url}/metrics`, { headers })).text()).toMatch(/account="tenant"/)
  const { accounts } = (await (await fetch(`${world.url}/v1/accounts`, { headers })).json()) as { accounts: Body[] }
  expect(accounts).toEqual(
    expect.arrayContaining(
      ['tenant', 'app', 'oauth'].map(
        (kind) => expect.objectContaining({ provider: 'feishu', kind, name: kind }) as Body,
      ),
    ),
  )
})

test('keys, tokens and secrets do not appear in the log', async () => {
  const { tenant_access_token: token } = await ask()
  await oauth({ client_id: appId, client_secret: `${key}x` })
  await oauth({}, basic(appId, key))
  const logged = world.logged()
  for (const secret of [key, String(token), basic(appId, key)['authorization'] ?? '', 'demo-feishu-app-secret'])
    expect(logged).not.toContain(secret)
})

/** Programs that print the responses of the three endpoints, a line each, without an SDK. */
const programs: Readonly<Record<string, readonly string[]>> = {
  curl: [
    'sh',
    '-c',
    `for kind in tenant app; do
       curl -s "$1/open-apis/auth/v3/$kind"_access_token/internal -d "{\\"app_id\\":\\"$3\\",\\"app_secret\\":\\"$2\\"}"; echo
     done
     curl -s "$1/oauth/v3/token" -d grant_type=client_credentials -d "client_id=$3" -d "client_secret=$2"; echo
     curl -s "$1/oauth/v3/token" -d grant_type=client_credentials -u "$3:$2"; echo
     curl -s "$1/open-apis/auth/v3/tenant_access_token/internal" -d "{\\"app_id\\":\\"$3\\",\\"app_secret\\":\\"wrong\\"}"; echo`,
    'curl',
  ],
  python3: [
    'python3',
    '-c',
    `
import base64, json, sys, urllib.error, urllib.parse, urllib.request
url, key, app = sys.argv[1:]
def post(path, body, **headers):
    print(urllib.request.urlopen(urllib.request.Request(url + path, body, headers)).read().decode())
def internal(kind, secret):
    body = json.dumps({'app_id': app, 'app_secret': secret}).encode()
    post('/open-apis/auth/v3/' + kind + '_access_token/internal', body, **{'content-type': 'application/json'})
internal('tenant', key)
internal('app', key)
grant = {'grant_type': 'client_credentials'}
post('/oauth/v3/token', urllib.parse.urlencode({**grant, 'client_id': app, 'client_secret': key}).encode())
basic = base64.b64encode((app + ':' + key).encode()).decode()
post('/oauth/v3/token', urllib.parse.urlencode(grant).encode(), authorization='Basic ' + basic)
internal('tenant', 'wrong')
`,
  ],
}

test.each(Object.keys(programs))('%s gets all tokens, and a wrong key is rejected', async (program) => {
  const isThere = await run(program, ['--version']).then(
    () => true,
    () => false,
  )
  if (!isThere) {
    process.stdout.write(`not run: there is no ${program} on the PATH\n`)
    return
  }
  const [command = '', ...parts] = programs[program] ?? []
  const { stdout } = await run(command, [...parts, world.url, key, appId])
  const bodies = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Body)
  const token = expect.stringMatching(/^simtok_feishu/) as string
  expect(bodies).toEqual([
    { code: 0, msg: 'ok', tenant_access_token: token, expire: 7200 },
    { code: 0, msg: 'ok', app_access_token: token, expire: 7200 },
    { access_token: token, token_type: 'Bearer', expires_in: 7200 },
    { access_token: token, token_type: 'Bearer', expires_in: 7200 },
    { code: 10014, msg: expect.any(String) as string },
  ])
})
