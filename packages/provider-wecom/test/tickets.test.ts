import { createHash } from 'node:crypto'
import { TokenManager, type Provider, type TokenSource } from '@lingpai/core'
import {
  agentConfig,
  agentTicket,
  corpTicket,
  jsapiConfig,
  wecom,
  type WecomCredentials,
} from '@lingpai/provider-wecom'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'

const page = 'https://app.example.com/desk?id=1'

let simulator: Simulator
let manager: TokenManager
beforeEach(async () => {
  const entries = new Map<string, string>()
  simulator = await startSimulator()
  manager = new TokenManager({
    cache: {
      get: (key) => entries.get(key),
      set: (key, value) => void entries.set(key, value),
      remove: (key) => void entries.delete(key),
    },
  })
})
afterEach(async () => {
  await manager.close()
  await simulator.close()
})

const sourceOf = (provider: Provider<WecomCredentials>): TokenSource =>
  manager.source(simulator.provider(provider), simulator.accounts.wecom)

const signatureOf = (ticket: string, { nonceStr, timestamp }: { nonceStr: string; timestamp: number }): string =>
  createHash('sha1')
    .update(`jsapi_ticket=${ticket}&noncestr=${nonceStr}&timestamp=${timestamp}&url=${page}`)
    .digest('hex')

test('a page gets what wx.config takes, signed with the corporation’s ticket', async () => {
  const ticket = sourceOf(corpTicket)
  const { appId, timestamp, nonceStr, signature, ...rest } = await jsapiConfig(ticket, `${page}#/inbox`)
  expect(signature).toBe(signatureOf(await ticket.getAccessToken(), { nonceStr, timestamp }))
  expect([appId, rest]).toEqual([simulator.accounts.wecom.corpId, {}])
})

test('a page gets what wx.agentConfig takes, signed with the app’s ticket', async () => {
  const ticket = sourceOf(agentTicket)
  const { corpid, agentid, timestamp, nonceStr, signature, ...rest } = await agentConfig(ticket, page)
  expect(signature).toBe(signatureOf(await ticket.getAccessToken(), { nonceStr, timestamp }))
  const { corpId, agentId } = simulator.accounts.wecom
  expect([corpid, agentid, rest]).toEqual([corpId, agentId, {}])
})

test('the wrong kind of ticket is found here, and not by 42012 in the page', async () => {
  const refusal = { code: 'ERR_LINGPAI_CONFIG', details: { field: 'ticket', problem: 'conflict' } }
  for (const provider of [wecom, agentTicket])
    await expect(jsapiConfig(sourceOf(provider), page)).rejects.toMatchObject(refusal)
  for (const provider of [wecom, corpTicket])
    await expect(agentConfig(sourceOf(provider), page)).rejects.toMatchObject(refusal)
  expect([simulator.ledger.tokenRequests(), simulator.ledger.ticketRequests()]).toEqual([0, 0])
})

test('both tickets of an app come over one token', async () => {
  const values = await Promise.all([corpTicket, agentTicket].map((kind) => sourceOf(kind).getAccessToken()))
  expect(new Set(values).size).toBe(2)
  expect([simulator.ledger.tokenRequests(), simulator.ledger.ticketRequests()]).toEqual([1, 2])
})

test('the requests are those of path/90506', () => {
  const credentials = { corpId: 'ww1', agentId: '1', corpSecret: 's' }
  expect(corpTicket.spec.request(credentials)).toEqual({ method: 'GET', url: '/cgi-bin/get_jsapi_ticket' })
  expect(agentTicket.spec.request(credentials)).toEqual({
    method: 'GET',
    url: '/cgi-bin/ticket/get',
    query: { type: 'agent_config' },
  })
  for (const { spec } of [corpTicket, agentTicket]) expect([spec.parent, spec.env]).toEqual([wecom, wecom.spec.env])
})
