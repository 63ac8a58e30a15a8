import { execFile } from 'node:child_process'
import { request } from 'node:http'
import { promisify } from 'node:util'
import type { TokenManager } from '@lingpai/core'
import { dingtalk, dingtalkOld, dingtalkUnified } from '@lingpai/provider-dingtalk'
import type { Simulator } from '@lingpai/testing/simulator'
import type { ServedAccount } from '../../src/accounts/served-account.js'
import { openFacadeWorld, type FacadeWorld } from './facade-world.js'

const corpId = 'dingdec0decorp000001'

function accounts(simulator: Simulator, manager: TokenManager): readonly ServedAccount[] {
  const { appKey, appSecret } = simulator.accounts.dingtalk
  const [app, old, unified] = [
    simulator.provider(dingtalk),
    simulator.provider(dingtalkOld),
    simulator.provider(dingtalkUnified),
  ]
  const inCorp = { corpId, clientId: appKey, clientSecret: appSecret }
  return [
    { name: 'ding', provider: app, source: manager.source(app, { appKey, appSecret }) },
    { name: 'ding-old', provider: old, source: manager.source(old, { appKey, appSecret }) },
    { name: 'ding-corp', provider: unified, source: manager.source(unified, inCorp) },
  ]
}

let world: FacadeWorld
let key: string
let appKey: string
beforeEach(async () => {
  world = await openFacadeWorld({ more: accounts })
  key = world.key(['ding', 'ding-old', 'ding-corp'])
  appKey = world.simulator.accounts.dingtalk.appKey
})
afterEach(() => world.close())

interface Body {
  readonly accessToken?: string
  readonly access_token?: string
  readonly code?: string
  readonly errcode?: number
}

interface Reply {
  readonly status: number
  readonly body: Body
}

/** Sends a request as curl does: -d has the content type of a form, whatever the body is. */
function send(path: string, body?: object): Promise<Reply> {
  const { hostname, port } = new URL(world.url)
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: '*/*' }
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST'
    const sent = request({ hostname, port, path, method, headers }, (response) => {
      let text = ''
      response.on('data', (part: Buffer) => (text += part.toString()))
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Body })
      })
    })
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

const newToken = (appSecret = key, app = appKey): Promise<Reply> =>
  send('/v1.0/oauth2/accessToken', { appKey: app, appSecret })
const unifiedToken = (secret = key, corp = corpId, more = {}): Promise<Reply> =>
  send(`/v1.0/oauth2/${corp}/token`, {
    client_id: appKey,
    client_secret: secret,
    grant_type: 'client_credentials',
    ...more,
  })
const oldToken = (secret = key): Promise<Reply> => send(`/gettoken?appkey=${appKey}&appsecret=${secret}`)

test('each endpoint responds as DingTalk does, with the remaining seconds', async () => {
  const ask = (): Promise<readonly Reply[]> => Promise.all([newToken(), unifiedToken(), oldToken()])
  const value = expect.stringMatching(/^simtok_dingtalk_/) as string
  const bodies = (left: number) =>
    [
      { accessToken: value, expireIn: left },
      { access_token: value, expires_in: left },
      { errcode: 0, errmsg: 'ok', access_token: value, expires_in: left },
    ].map((body) => ({ status: 200, body }))
  const first = await ask()
  expect(first).toEqual(bodies(7200))
  await world.clock.advance(1_500_400)
  const second = await ask()
  expect(second).toEqual(bodies(5699))
  const valuesOf = (replies: readonly Reply[]) => replies.map(({ body }) => body.accessToken ?? body.access_token)
  expect(valuesOf(second)).toEqual(valuesOf(first))
  expect(world.simulator.ledger.tokenRequests()).toBe(3)
})

test('a server with one account of the app serves both endpoints with its token', async () => {
  for (const name of ['ding', 'ding-old']) {
    const only = world.key([name])
    const [ofNew, ofOld] = [await newToken(only), await oldToken(only)]
    expect(ofNew.body.accessToken).toBe(ofOld.body.access_token)
  }
})

test('a wrong key, a key for other accounts and an unknown app are refused alike, in the shape of the endpoint', async () => {
  const others = world.key(['shop'])
  const unknown = `lpk_0000000000_${'A'.repeat(43)}`
  for (const secret of [others, unknown, 'not-a-key', 'demo-dingtalk-app-secret-not-real']) {
    const { message, ...refused } = (await newToken(secret)).body as Body & { readonly message: string }
    expect(refused).toEqual({ code: 'invalidClientIdOrSecret', requestid: 'lingpai' })
    expect(message).toContain('must be a client key of this server')
    expect((await newToken(secret)).status).toBe(400)
    expect(await unifiedToken(secret)).toMatchObject({ status: 400, body: { code: 'invalid.client' } })
    expect(await oldToken(secret)).toMatchObject({ status: 200, body: { errcode: 40096 } })
  }
  expect(await newToken(key, 'ding0')).toEqual(await newToken(others))
  expect(await unifiedToken(key, 'corp0')).toEqual(await unifiedToken(others))
  expect(world.simulator.ledger.tokenRequests()).toBe(0)
})

test('missing fields have the codes of the platform', async () => {
  expect(await send('/v1.0/oauth2/accessToken', {})).toMatchObject({ status: 400 })
  expect(await unifiedToken(key, corpId, { grant_type: 'x' })).toMatchObject({
    status: 400,
    body: { code: 'unsupported.grant.type' },
  })
  expect(await send(`/gettoken?appkey=${appKey}`)).toMatchObject({ status: 200, body: { errcode: 40035 } })
})

test('an outage of the platform is an error on which a client tries again', async () => {
  world.simulator.fault({ platform: 'dingtalk', endpoint: 'token', body: '<html>blocked</html>', times: 9 })
  expect(await world.clock.runUntil(newToken())).toMatchObject({ status: 500, body: { code: 'server.error' } })
  expect(await world.clock.runUntil(unifiedToken())).toMatchObject({ status: 500, body: { code: 'server.error' } })
  expect(await world.clock.runUntil(oldToken())).toMatchObject({ status: 200, body: { errcode: -1 } })
})

test.each([
  ['accessToken', () => newToken()],
  ['token of an organisation', () => unifiedToken()],
  ['gettoken', () => oldToken()],
])('%s: a client that comes back for a revoked token gets another one with one refresh', async (_, ask) => {
  const first = await ask()
  world.simulator.revoke('dingtalk')
  const second = await ask()
  expect(second.status).toBe(200)
  expect(second.body).not.toEqual(first.body)
  // The probe with the revoked token, and the probe with the new one.
  const { tokenRequests, apiRequests } = world.simulator.ledger.summary()
  expect([tokenRequests, apiRequests]).toEqual([2, 2])
  expect(await ask()).toEqual(second)
})

test('API calls that are sent here by mistake get an error in the shape of their host', async () => {
  expect(await send('/v1.0/robot/oToMessages/batchSend', {})).toMatchObject({
    status: 403,
    body: { code: 'Forbidden.AccessDenied.AccessTokenPermissionDenied' },
  })
  expect(await send('/topapi/v2/user/get?access_token=x', {})).toMatchObject({ status: 200, body: { errcode: 60011 } })
})

test('the status and the metrics of an account of DingTalk are those of any account', async () => {
  await newToken()
  const headers = { authorization: `Bearer ${world.key('*', { role: 'admin' })}` }
  const status = await fetch(`${world.url}/v1/accounts/ding`, { headers })
  expect(await status.json()).toMatchObject({ provider: 'dingtalk', state: 'valid' })
  const metrics = await (await fetch(`${world.url}/metrics`, { headers })).text()
  expect(metrics).toMatch(/lingpai_\w+\{[^}]*account="ding"/)
})

test('double and trailing slashes lead to the same routes', async () => {
  for (const path of ['//gettoken', '/gettoken/']) {
    expect((await send(`${path}?appkey=${appKey}&appsecret=${key}`)).body).toMatchObject({ errcode: 0 })
  }
  expect((await send('//v1.0//oauth2/accessToken/', { appKey, appSecret: key })).status).toBe(200)
})

test('neither keys nor tokens appear in the log', async () => {
  const replies = await Promise.all([newToken(), unifiedToken(), oldToken()])
  await oldToken(`${key}x`)
  const logged = world.logged()
  for (const { body } of replies) expect(logged).not.toContain(body.accessToken ?? body.access_token)
  expect(logged).not.toContain(key)
})

const programs: Readonly<Record<string, readonly string[]>> = {
  curl: [
    'sh',
    '-c',
    `curl -s "$1/v1.0/oauth2/accessToken" -d "{\\"appKey\\":\\"$3\\",\\"appSecret\\":\\"$2\\"}"; echo
     curl -s "$1/v1.0/oauth2/$4/token" -d "{\\"client_id\\":\\"$3\\",\\"client_secret\\":\\"$2\\",\\"grant_type\\":\\"client_credentials\\"}"; echo
     curl -s "$1/gettoken?appkey=$3&appsecret=$2"; echo`,
    'curl',
  ],
  python3: [
    'python3',
    '-c',
    `
import json, sys, urllib.error, urllib.parse, urllib.request
url, key, app, corp = sys.argv[1:]
def post(path, **fields):
    request = urllib.request.Request(url + path, json.dumps(fields).encode(), {'content-type': 'application/json'})
    return urllib.request.urlopen(request).read().decode()
print(post('/v1.0/oauth2/accessToken', appKey=app, appSecret=key))
print(post('/v1.0/oauth2/' + corp + '/token', client_id=app, client_secret=key, grant_type='client_credentials'))
query = urllib.parse.urlencode({'appkey': app, 'appsecret': key})
print(urllib.request.urlopen(url + '/gettoken?' + query).read().decode())
try:
    post('/v1.0/oauth2/accessToken', appKey=app, appSecret='wrong')
except urllib.error.HTTPError as error:
    print(json.dumps({'status': error.code, **json.load(error)}))
`,
  ],
}

test.each(Object.keys(programs))('%s gets all three tokens', async (program) => {
  const [command = '', ...parts] = programs[program] ?? []
  const ran = await promisify(execFile)(command, [...parts, world.url, key, appKey, corpId]).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  })
  if (ran === undefined) {
    process.stdout.write(`not run: there is no ${program} on the PATH\n`)
    return
  }
  const replies = ran.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Body)
  const value = expect.stringMatching(/^simtok_dingtalk_/) as string
  expect(replies.slice(0, 3)).toMatchObject([{ accessToken: value }, { access_token: value }, { access_token: value }])
  expect(replies.slice(3)).toMatchObject(
    program === 'python3' ? [{ status: 400, code: 'invalidClientIdOrSecret', requestid: 'lingpai' }] : [],
  )
})

test('a client above its rate limit gets HTTP 429, and the older endpoint’s code', async () => {
  const slow = world.key(['ding'], { rateLimit: 1 })
  const replies = [await newToken(slow), await newToken(slow), await newToken(slow)]
  expect(replies.at(-1)).toMatchObject({ status: 429, body: { code: '90018' } })
  expect(await oldToken(slow)).toMatchObject({ status: 200, body: { errcode: 90018 } })
})
