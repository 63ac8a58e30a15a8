import { openWorld, type World } from './world.js'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const inAnHour = () => world.clock.now() + 3_600_000

test('a token from outside becomes the record, with the next generation, for every process', async () => {
  const source = world.source('wechat')
  const { generation } = await source.getRecord()
  const adopted = await source.adopt({ value: 'PLANTED-TOKEN-of-others', expiresAtMs: inAnHour() })
  expect(adopted.generation).toBe(generation + 1)
  expect(await source.getAccessToken()).toBe('PLANTED-TOKEN-of-others')
  const other = world.source('wechat', world.manager())
  expect(await other.getAccessToken()).toBe('PLANTED-TOKEN-of-others')
  expect(world.count('adopted')).toBe(1)
  expect(world.simulator.ledger.tokenRequests()).toBe(1)
})

test('a token adopted while a refresh is under way replaces what the refresh brings', async () => {
  const source = world.source('wechat')
  const refresh = source.getRecord()
  while (source.status().state !== 'refreshing') await Promise.resolve()
  const adopted = await source.adopt({ value: 'PLANTED-TOKEN-of-others', expiresAtMs: inAnHour() })
  expect(adopted.generation).toBe((await refresh).generation + 1)
  expect(await source.getAccessToken()).toBe('PLANTED-TOKEN-of-others')
})

test('a token that an API rejected is not adopted', async () => {
  const source = world.source('wechat')
  const dead = await source.getAccessToken()
  world.simulator.revoke(world.simulator.accounts.wechat)
  const current = await source.reportRejected(dead, 40001)
  await expect(source.adopt({ value: dead, expiresAtMs: inAnHour() })).rejects.toMatchObject({
    code: 'ERR_LINGPAI_CONFIG',
    details: { field: 'value', problem: 'conflict' },
  })
  expect(await source.getAccessToken()).toBe(current)
})

test.each([
  ['value', { value: '', expiresAtMs: 8e12 }],
  ['value', { value: undefined as unknown as string, expiresAtMs: 8e12 }],
  ['expiresAtMs', { value: 'PLANTED-TOKEN-of-others', expiresAtMs: 7200 }],
  ['expiresAtMs', { value: 'PLANTED-TOKEN-of-others', expiresAtMs: NaN }],
])('adopt names the bad field: %s', async (field, token) => {
  await expect(world.source('wechat').adopt(token)).rejects.toMatchObject({
    code: 'ERR_LINGPAI_CONFIG',
    details: { field },
  })
})
