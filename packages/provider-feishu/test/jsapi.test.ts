import { createHash } from 'node:crypto'
import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager } from '@lingpai/core'
import { feishu, feishuOAuth, jsapiConfig, jsapiTicket } from '@lingpai/provider-feishu'
import { startSimulator } from '@lingpai/testing/simulator'

const page = 'https://app.example.com/desk?id=1'

test('a page gets what h5sdk.config takes, with a time in milliseconds', async () => {
  await using simulator = await startSimulator()
  await using manager = new TokenManager({ cache: memoryCache() })
  const ticket = manager.source(simulator.provider(jsapiTicket), simulator.accounts.feishu)
  const { appId, timestamp, nonceStr, signature, ...rest } = await jsapiConfig(ticket, `${page}#/inbox`)
  expect([appId, rest]).toEqual([simulator.accounts.feishu.appId, {}])
  expect(Math.abs(timestamp - Date.now())).toBeLessThan(60_000)
  const signed = `jsapi_ticket=${await ticket.getAccessToken()}&noncestr=${nonceStr}&timestamp=${timestamp}&url=${page}`
  expect(signature).toBe(createHash('sha1').update(signed).digest('hex'))
  expect([simulator.ledger.tokenRequests(), simulator.ledger.ticketRequests()]).toEqual([1, 1])
})

test('a given nonce and time are signed', async () => {
  await using simulator = await startSimulator()
  await using manager = new TokenManager({ cache: memoryCache() })
  const ticket = manager.source(simulator.provider(jsapiTicket), simulator.accounts.feishu)
  const given = { nonceStr: 'Y7a8KkqX041bsSwT', timestamp: 1_510_045_655_000 }
  expect(await jsapiConfig(ticket, page, given)).toMatchObject(given)
})

test('a ticket may come over the token of OAuth', async () => {
  await using simulator = await startSimulator()
  await using manager = new TokenManager({ cache: memoryCache() })
  const provider = simulator.provider(jsapiTicket.extend({ parent: feishuOAuth }))
  const ticket = manager.source(provider, simulator.accounts.feishu)
  expect((await jsapiConfig(ticket, page)).signature).toMatch(/^[0-9a-f]{40}$/)
  expect(simulator.ledger.entries.map(({ path }) => path)).toEqual(['/oauth/v3/token', '/open-apis/jssdk/ticket/get'])
})

test('the token instead of the ticket is found here, and not by an error in the page', async () => {
  await using simulator = await startSimulator()
  await using manager = new TokenManager({ cache: memoryCache() })
  const source = manager.source(simulator.provider(feishu), simulator.accounts.feishu)
  await expect(jsapiConfig(source, page)).rejects.toMatchObject({
    code: 'ERR_LINGPAI_CONFIG',
    details: { field: 'ticket', problem: 'conflict' },
  })
  expect(simulator.ledger.tokenRequests()).toBe(0)
})
