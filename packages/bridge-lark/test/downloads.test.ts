import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Client, defaultHttpInstance, type HttpInstance } from '@larksuiteoapi/node-sdk'
import { larkBridge } from '@lingpai/bridge-lark'
import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager, type TokenSource } from '@lingpai/core'
import { feishu } from '@lingpai/provider-feishu'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import { silentLogger } from './silent-logger.js'

let simulator: Simulator
let tokens: TokenManager
let source: TokenSource
let client: Client
beforeEach(async () => {
  simulator = await startSimulator()
  tokens = new TokenManager({ cache: memoryCache() })
  source = tokens.source(simulator.provider(feishu), simulator.accounts.feishu)
  const domain = `${simulator.url}/feishu`
  client = new Client({ ...simulator.accounts.feishu, domain, logger: silentLogger, ...larkBridge(source) })
  await client.im.chat.list()
  simulator.revoke('feishu')
})
afterEach(async () => {
  await tokens.close()
  await simulator.close()
})

test.each([200, 400] as const)(
  'a download whose token Feishu rejects with HTTP %i is made once more',
  async (rejectedStatus) => {
    simulator.change('feishu', { rejectedStatus })
    const before = simulator.ledger.tokenRequests()
    const file = await client.im.messageResource.get({
      path: { message_id: 'om_1', file_key: 'file_1' },
      params: { type: 'file' },
    })
    expect(JSON.parse(await text(file.getReadableStream()))).toMatchObject({ code: 0 })
    expect(simulator.ledger.tokenRequests() - before).toBe(1)
  },
)

test.each(['arraybuffer', 'text', 'stream'])('a call for the type %s is healed', async (responseType) => {
  const body: unknown = await client.request({ method: 'GET', url: '/open-apis/im/v1/chats', responseType } as never)
  const read = responseType === 'stream' ? await text(body as Readable) : String(body)
  expect(JSON.parse(read)).toMatchObject({ code: 0 })
})

test.each([
  ['an error', 400, '{"code":1234,"msg":"no such file"}'],
  ['a file of JSON', 200, `[${'1,'.repeat(100_000)}1]`],
])('%s as a stream keeps its body', async (_, status, body) => {
  const answer = { data: Readable.from([Buffer.from(body)]), headers: { 'content-type': 'application/json' }, status }
  const request = (async () => {
    if (status < 400) return answer
    throw Object.assign(new Error('rejected'), { response: answer })
  }) as HttpInstance['request']
  const { cache, httpInstance } = larkBridge(source, {
    httpInstance: { ...(defaultHttpInstance as HttpInstance), request },
  })
  const headers = { Authorization: `Bearer ${String(await cache.get(Symbol('tenant-access-token')))}` }
  const got = await httpInstance
    .request<typeof answer>({ url: '/', headers })
    .catch((error: unknown) => (error as { readonly response: typeof answer }).response)
  expect(await text(got.data)).toBe(body)
})
