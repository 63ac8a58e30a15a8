import { Readable } from 'node:stream'
import { AppType, Client, EventDispatcher, withTenantKey, withUserAccessToken } from '@larksuiteoapi/node-sdk'
import { larkBridge } from '@lingpai/bridge-lark'
import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager, type TokenSource } from '@lingpai/core'
import { feishu } from '@lingpai/provider-feishu'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import { silentLogger } from './silent-logger.js'

let simulator: Simulator
let tokens: TokenManager
let source: TokenSource
beforeEach(async () => {
  simulator = await startSimulator()
  tokens = new TokenManager({ cache: memoryCache() })
  source = tokens.source(simulator.provider(feishu), simulator.accounts.feishu)
})
afterEach(async () => {
  await tokens.close()
  await simulator.close()
})

type Settings = Partial<ConstructorParameters<typeof Client>[0]>

/** The SDK as its users set it up, on the simulated platform. */
function sdk(settings: Settings = larkBridge(source)): Client {
  const domain = `${simulator.url}/feishu`
  return new Client({ ...simulator.accounts.feishu, domain, logger: silentLogger, ...settings })
}

/** The SDK with a cache of its own: without the bridge, all of its clients in a process share one. */
function sdkAlone(): Client {
  const values = new Map<string, unknown>()
  return sdk({
    cache: {
      get: async (key) => values.get(String(key)),
      set: async (key, value: unknown) => {
        values.set(String(key), value)
        return true
      },
    },
  })
}

const callers = (client: Client, count = 50): Promise<PromiseSettledResult<unknown>[]> =>
  Promise.allSettled(Array.from({ length: count }, () => client.im.chat.list()))

const failedOf = (settled: readonly PromiseSettledResult<unknown>[]): number =>
  settled.filter((call) => call.status === 'rejected' || (call.value as { code?: number }).code !== 0).length

describe('with the SDK', () => {
  test('50 callers of a cold start make one token request; the SDK alone makes one for each', async () => {
    expect(failedOf(await callers(sdkAlone()))).toBe(0)
    const alone = simulator.ledger.tokenRequests()
    expect(failedOf(await callers(sdk()))).toBe(0)
    expect([alone, simulator.ledger.tokenRequests() - alone]).toEqual([50, 1])
  })

  test.each([200, 400] as const)(
    '50 callers with a token that Feishu revoked and rejects with HTTP %i all succeed, with one token request',
    async (rejectedStatus) => {
      simulator.change('feishu', { rejectedStatus })
      const client = sdk()
      await callers(client, 1)
      simulator.revoke('feishu')
      const before = simulator.ledger.tokenRequests()
      expect(failedOf(await callers(client))).toBe(0)
      expect(simulator.ledger.tokenRequests() - before).toBe(1)
    },
  )

  test('alone, 50 callers with a revoked token all fail, and it requests no other one', async () => {
    const client = sdkAlone()
    await callers(client, 1)
    simulator.revoke('feishu')
    const before = simulator.ledger.tokenRequests()
    expect(failedOf(await callers(client))).toBe(50)
    expect(simulator.ledger.tokenRequests() - before).toBe(0)
  })
})

test('a message is sent once, although its first call had a dead token', async () => {
  const client = sdk()
  await callers(client, 1)
  simulator.revoke('feishu')
  const data = { receive_id: 'oc_1', msg_type: 'text', content: '{"text":"hello"}' }
  expect(await client.im.message.create({ params: { receive_id_type: 'chat_id' }, data })).toMatchObject({ code: 0 })
})

test('a call with a stream is not made twice; the next call works', async () => {
  const client = sdk()
  await callers(client, 1)
  simulator.revoke('feishu')
  const upload = client.im.file.create({
    data: { file_type: 'stream', file_name: 'a.txt', file: Readable.from(['text']) as never },
  })
  await expect(upload).rejects.toMatchObject({ response: { data: { code: 99991663 } } })
  const before = simulator.ledger.tokenRequests()
  expect(failedOf(await callers(client, 1))).toBe(0)
  expect(simulator.ledger.tokenRequests()).toBe(before)
})

test('a call with a user’s token has it, and reports nothing', async () => {
  const client = sdk()
  const call = client.im.chat.list({}, withUserAccessToken('u-of-a-user'))
  await expect(call).rejects.toMatchObject({ response: { data: { code: expect.any(Number) } } })
  expect(simulator.ledger.tokenRequests()).toBe(0)
})

test('a client of another app does not get the token of this one', async () => {
  const other = sdk({ appId: 'cli_another', ...larkBridge(source) })
  await expect(other.im.chat.list()).rejects.toMatchObject({ code: 'ERR_LINGPAI_CONFIG' })
  expect(simulator.ledger.tokenRequests()).toBe(0)
})

test('the SDK stores what else it keeps in its own cache, or in the given one', async () => {
  const kept: unknown[] = []
  const { cache } = larkBridge(source, {
    cache: {
      get: async (key, options) => [key, options?.namespace],
      set: async (...args) => kept.push(args) > 0,
    },
  })
  expect(await cache.get('a-session', { namespace: 'app' })).toEqual(['a-session', 'app'])
  await cache.set('a-session', 'value', 5, { namespace: 'app' })
  expect(kept).toEqual([['a-session', 'value', 5, { namespace: 'app' }]])
  const ofTheSdk = larkBridge(source).cache
  await ofTheSdk.set('another-session', 'value')
  expect(await ofTheSdk.get('another-session')).toBe('value')
})

test('a store app takes the token of each tenant, and passes its tickets on', async () => {
  const tickets: string[] = []
  const asked: string[] = []
  const bridge = larkBridge(
    (tenantKey) => {
      asked.push(tenantKey)
      return source
    },
    { onAppTicket: (ticket) => tickets.push(ticket) },
  )
  const client = sdk({ appType: AppType.ISV, ...bridge })
  for (const tenant of ['tenant-a', 'tenant-b'])
    expect(await client.im.chat.list({}, withTenantKey(tenant))).toMatchObject({ code: 0 })
  expect(asked).toEqual(['tenant-a', 'tenant-b'])
  const events = new EventDispatcher({ cache: bridge.cache, logger: silentLogger })
  await events.invoke({ schema: '2.0', header: { event_type: 'app_ticket' }, event: { app_ticket: 'ticket-1' } })
  expect(tickets).toEqual(['ticket-1'])
  expect(simulator.ledger.tokenRequests()).toBe(1)
})
