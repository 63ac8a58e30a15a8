import { redisCache } from '@lingpai/cache-redis'
import { TokenManager } from '@lingpai/core'
import { wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { startSimulator, type Simulator } from '@lingpai/testing'
import { requestsSeen, startMember, type Member } from './fleet.js'
import { startRedis, type TestRedis } from './redis-server.js'

let redis: TestRedis
let simulator: Simulator
let members: Member[]
beforeEach(async () => {
  redis = await startRedis()
  members = []
})
afterEach(async () => {
  await Promise.all(members.map((member) => member.end()))
  await simulator.close()
  await redis.close()
})

async function start(count: number): Promise<readonly Member[]> {
  const started = await Promise.all(Array.from({ length: count }, () => startMember(redis.url, simulator)))
  members.push(...started)
  return started
}

async function startOne(): Promise<Member> {
  const [member] = await start(1)
  return member!
}

/** Where the record stands in Redis, and what it is. */
async function storedRecord(): Promise<{ readonly access_token: string; readonly generation: number }> {
  const keys = (await redis.send('KEYS', 'lingpai:*}')) as string[]
  expect(keys).toHaveLength(1)
  return JSON.parse(String(await redis.send('GET', keys[0] ?? ''))) as { access_token: string; generation: number }
}

test('8 processes of 50 callers each, cold on one Redis, make one upstream request', async () => {
  simulator = await startSimulator()
  const fleet = await start(8)
  for (const member of fleet) member.tell('call 50')
  const said = await Promise.all(fleet.map((member) => member.next('done')))
  for (const line of said) expect(line).toMatchObject({ failed: 0, generations: [1], works: true, cacheFailures: 0 })
  expect(simulator.ledger.tokenRequests()).toBe(1)
  expect(simulator.ledger.deadPresented()).toBe(0)
}, 60_000)

test('twenty lives of a token under load of 4 processes: one request each', async () => {
  simulator = await startSimulator({ timeScale: 3600 })
  // The overlap of five minutes would be 83 ms: on a busy machine a call is on its way for longer than that.
  simulator.change('wechat', { overlapSeconds: 3600 })
  const fleet = await start(4)
  for (const member of fleet) member.tell('load 46000')
  const said = await Promise.all(fleet.map((member) => member.next('loaded')))
  for (const line of said) expect(line.failed).toBe(0)
  const { tokensIssued, tokenRequests } = simulator.ledger.summary()
  expect(tokensIssued).toBeGreaterThanOrEqual(20)
  expect(tokenRequests).toBe(tokensIssued)
  expect((await storedRecord()).generation).toBe(tokensIssued)
  expect(simulator.ledger.deadPresented()).toBe(0)
  expect(members.flatMap(({ lines }) => lines).filter(({ event }) => event === 'unhandled')).toEqual([])
}, 120_000)

test('the holder is killed before its request goes out: another process asks, one request in all', async () => {
  simulator = await startSimulator()
  const holder = redisCache({ url: redis.url })
  const fleet = await start(2)
  // As a process that died right after it took the lease leaves it.
  const key = await keyOfAccount()
  expect(await holder.lease.take(key, 'killed', 2000)).toBe(true)
  const startedAt = performance.now()
  for (const member of fleet) member.tell('call 50')
  const said = await Promise.all(fleet.map((member) => member.next('done')))
  expect(performance.now() - startedAt).toBeLessThan(5000)
  for (const line of said) expect(line).toMatchObject({ failed: 0, generations: [1], works: true })
  expect(simulator.ledger.tokenRequests()).toBe(1)
  await holder.close()
}, 60_000)

test('the holder is killed during its request: another takes over within 3 s of the kill, two requests', async () => {
  simulator = await startSimulator()
  simulator.fault({ endpoint: 'token', hang: true })
  const holder = await startOne()
  const fleet = await start(3)
  holder.tell('call 1')
  await requestsSeen(simulator, 1)
  for (const member of fleet) member.tell('call 50')
  holder.signal('SIGKILL')
  const killedAt = performance.now()
  await requestsSeen(simulator, 2)
  expect(performance.now() - killedAt).toBeLessThan(4000)
  const said = await Promise.all(fleet.map((member) => member.next('done')))
  for (const line of said) expect(line).toMatchObject({ failed: 0, generations: [1], works: true })
  expect(simulator.ledger.tokenRequests()).toBe(2)
}, 60_000)

test('the holder is killed after its commit: the others use its token, one request', async () => {
  simulator = await startSimulator()
  const holder = await startOne()
  const fleet = await start(3)
  holder.tell('call 1')
  await holder.next('refreshed')
  holder.signal('SIGKILL')
  for (const member of fleet) member.tell('call 50')
  const said = await Promise.all(fleet.map((member) => member.next('done')))
  for (const line of said) expect(line).toMatchObject({ failed: 0, generations: [1], works: true })
  expect(simulator.ledger.tokenRequests()).toBe(1)
}, 60_000)

test('a holder stopped past its lease comes back too late: its commit is refused, the newer record stands', async () => {
  simulator = await startSimulator()
  const slow = simulator.fault({ endpoint: 'token', latencyMs: 300 })
  const holder = await startOne()
  const successor = await startOne()
  holder.tell('call 1')
  await requestsSeen(simulator, 1)
  holder.signal('SIGSTOP')
  slow.clear()
  successor.tell('call 10')
  expect(await successor.next('done')).toMatchObject({ failed: 0, generations: [1], works: true })
  const before = await storedRecord()
  holder.signal('SIGCONT')
  await holder.next('lease-lost')
  expect(await holder.next('done')).toMatchObject({ failed: 0, works: true })
  expect(await storedRecord()).toEqual(before)
  expect(simulator.ledger.tokenRequests()).toBe(2)
}, 60_000)

test('a waiting process is woken by the news of the commit', async () => {
  simulator = await startSimulator()
  const cache = redisCache({ url: redis.url })
  const heard: unknown[] = []
  const told = new Promise<void>((resolve) => {
    cache.subscribe((change) => {
      heard.push(change)
      resolve()
    })
  })
  while (Number(((await redis.send('PUBSUB', 'NUMSUB', 'lingpai:changes')) as unknown[])[1]) < 1);
  const member = await startOne()
  member.tell('call 1')
  await told
  const key = await keyOfAccount()
  expect(heard).toEqual([{ key, generation: 1 }])
  await cache.close()
}, 60_000)

/** The key of the account: read off the failure of a read-only source, which asks for nothing else. */
async function keyOfAccount(): Promise<string> {
  const keys: string[] = []
  const cache = { get: (key: string) => void keys.push(key), set: () => undefined, remove: () => undefined }
  const manager = new TokenManager({ cache })
  const source = manager.source(simulator.provider(wechatMpPlain), simulator.accounts.wechat, { readonly: true })
  await source.getAccessToken().catch(() => undefined)
  await manager.close()
  return keys[0] ?? ''
}
