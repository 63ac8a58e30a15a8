import { ConfigError, type CacheLease, type IAccessTokenCache, type TokenSource } from '@lingpai/core'
import { plainCache } from './plain-cache.js'
import { apiPath, openWorld, second, type World } from './world.js'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

/** A store that can fail each write: before or after it is done. */
function unwritable(): ReturnType<typeof plainCache> & { fails: 'before' | 'after' | 'never' } {
  const { cache, stored } = plainCache()
  const fail = (): never => {
    throw new ConfigError('store is read-only')
  }
  const set: IAccessTokenCache['set'] = async (...args) => {
    if (box.fails === 'before') fail()
    await cache.set(...args)
    if (box.fails === 'after') fail()
  }
  const box: ReturnType<typeof unwritable> = { cache: { ...cache, set }, stored, fails: 'before' }
  return box
}

test('a token that an API rejected meanwhile is not written later', async () => {
  const { simulator, clock } = world
  const store = unwritable()
  const source = world.source('wechatPlain', world.manager({ cache: store.cache }))
  const token = await source.getAccessToken()
  simulator.revoke(simulator.accounts.wechat)
  simulator.fault({ endpoint: 'token', drop: 'before', times: Infinity })
  await expect(clock.runUntil(source.fetch(apiPath.wechatPlain))).rejects.toMatchObject({
    code: 'ERR_LINGPAI_TRANSPORT',
  })
  store.fails = 'never'
  await clock.advance(20 * second)
  expect([...store.stored.values()].filter((text) => text.includes(token))).toEqual([])
})

test('a token that is rejected while the lease for the deferred write is taken is not written', async () => {
  const { simulator, clock } = world
  const { cache, stored } = plainCache()
  let isReadOnly = true
  let report: () => void = () => undefined
  const write: CacheLease['commit'] = (key, _, value) => {
    if (isReadOnly) throw new ConfigError('store is read-only')
    stored.set(key, value)
    return true
  }
  const take: CacheLease['take'] = () => {
    if (!isReadOnly) report()
    return true
  }
  const lease = { take, commit: write, release: () => undefined }
  const source = world.source('wechatPlain', world.manager({ cache: { ...cache, lease } }))
  const token = await source.getAccessToken()
  simulator.revoke(simulator.accounts.wechat)
  simulator.fault({ endpoint: 'token', drop: 'before', times: Infinity })
  report = () => {
    report = () => undefined
    void source.reportRejected(token, 40001).catch(() => undefined)
  }
  isReadOnly = false
  await clock.advance(5 * second)
  await clock.settle()
  const unmarked = [...stored.values()].filter((text) => text.includes(token) && !text.includes('rejectedCode'))
  expect(unmarked).toEqual([])
})

test('a rejected token is marked in the cache during a cool-down, too', async () => {
  const { simulator, clock } = world
  const { cache, stored } = plainCache()
  const source = world.source('wechatPlain', world.manager({ cache }))
  const token = await source.getAccessToken()
  simulator.fault({ endpoint: 'token', body: { errcode: 40125, errmsg: 'invalid appsecret' } })
  await expect(clock.runUntil(source.refresh())).rejects.toMatchObject({ code: 'ERR_LINGPAI_PLATFORM' })
  const requests = simulator.ledger.tokenRequests()
  await expect(clock.runUntil(source.reportRejected(token, 40001))).rejects.toMatchObject({
    code: 'ERR_LINGPAI_PLATFORM',
  })
  expect(simulator.ledger.tokenRequests()).toBe(requests)
  const record = [...stored.values()].find((text) => text.includes(token))
  expect(JSON.parse(record ?? '{}')).toMatchObject({ rejectedCode: 40001 })
})

test('a rejected token that is also reported here stays rejected when the store has lost its mark', async () => {
  const { simulator, clock } = world
  const { cache, stored } = plainCache()
  const [mine, other] = [cache, { ...cache }].map((one) => world.source('wechatPlain', world.manager({ cache: one })))
  if (mine === undefined || other === undefined) throw new ConfigError('two sources')
  const token = await other.getAccessToken()
  const unmarked = [...stored.entries()]
  simulator.revoke(simulator.accounts.wechat)
  simulator.fault({ endpoint: 'token', drop: 'before', times: Infinity })
  const failed = { code: 'ERR_LINGPAI_TRANSPORT' }
  await expect(clock.runUntil(other.fetch(apiPath.wechatPlain))).rejects.toMatchObject(failed)
  await expect(clock.runUntil(mine.getAccessToken())).rejects.toMatchObject(failed)
  await expect(clock.runUntil(mine.reportRejected(token, 40001))).rejects.toMatchObject(failed)
  stored.clear()
  for (const [key, text] of unmarked) stored.set(key, text)
  await expect(clock.runUntil(mine.getAccessToken())).rejects.toMatchObject(failed)
})

test('a token whose write failed is not written later once another process has marked it as rejected', async () => {
  const { simulator, clock } = world
  const store = unwritable()
  store.fails = 'after'
  const writer = world.source('wechatPlain', world.manager({ cache: store.cache }))
  const token = await writer.getAccessToken()
  store.fails = 'never'
  const other = world.source('wechatPlain', world.manager({ cache: { ...store.cache } }))
  expect(await other.getAccessToken()).toBe(token)
  simulator.revoke(simulator.accounts.wechat)
  simulator.fault({ endpoint: 'token', drop: 'before', times: Infinity })
  await expect(clock.runUntil(other.fetch(apiPath.wechatPlain))).rejects.toMatchObject({
    code: 'ERR_LINGPAI_TRANSPORT',
  })
  await clock.advance(20 * second)
  const records = [...store.stored.values()].filter((text) => text.includes(token))
  expect(records.map((text) => JSON.parse(text) as object)).toEqual([
    expect.objectContaining({ rejectedCode: expect.anything() as unknown }),
  ])
  expect(writer.peek()).toBeUndefined()
})

test('a record that is cleared during its deferred write ends the write, and harms no caller', async () => {
  const { clock } = world
  const store = unwritable()
  store.fails = 'after'
  let onRead: () => void = () => undefined
  const get: IAccessTokenCache['get'] = async (key) => {
    onRead()
    return store.cache.get(key)
  }
  const source = world.source('wechatPlain', world.manager({ cache: { ...store.cache, get } }))
  const token = await source.getAccessToken()
  store.fails = 'never'
  onRead = () => {
    onRead = () => undefined
    void source.clear()
  }
  await clock.advance(20 * second)
  expect(await source.getAccessToken()).not.toBe(token)
})

test('a mark that is made during an upstream request is not overwritten, even without a lease', async () => {
  const { simulator, clock } = world
  const { cache, stored } = plainCache()
  const open = (): TokenSource => world.source('qq', world.manager({ cache: { ...cache } }))
  const [mine, other] = [open(), open()]
  const token = await mine.getAccessToken()
  expect(await other.getAccessToken()).toBe(token)
  simulator.fault({ endpoint: 'token', latencyMs: 5 * second })
  const late = mine.refresh()
  await clock.advance(second)
  for (const [key, text] of stored) {
    stored.set(key, JSON.stringify({ ...(JSON.parse(text) as object), rejectedCode: 11244 }))
  }
  simulator.revoke(simulator.accounts.qq, { sticky: true })
  await expect(clock.runUntil(late)).rejects.toMatchObject({ code: 'ERR_LINGPAI_PLATFORM' })
  expect(mine.peek()).toBeUndefined()
  const record = [...stored.values()].find((text) => text.includes(token))
  expect(JSON.parse(record ?? '{}')).toMatchObject({ rejectedCode: 11244 })
})

test('a process that learns of another one’s failure marks its rejected token once that one has given the lease back', async () => {
  const { simulator, clock } = world
  const { cache, stored } = plainCache()
  let holder: string | undefined
  const giveBack = (): void => void (holder = undefined)
  let onTake: (() => void) | undefined
  const lease: CacheLease = {
    take: (_, by) => {
      const isTaken = (holder ??= by) === by
      onTake?.()
      return isTaken
    },
    commit: (key, _, value) => {
      giveBack()
      stored.set(key, value)
      return true
    },
    // The next process asks for the lease before the store has it back.
    release: (_, by) => {
      if (holder === by) onTake = giveBack
    },
  }
  const sourceOfItsOwn = (): TokenSource =>
    world.source('wechatPlain', world.manager({ cache: { ...cache, lease, reach: 'fleet' } }))
  const [there, here] = [sourceOfItsOwn(), sourceOfItsOwn()]
  await there.getAccessToken()
  const token = await here.getAccessToken()
  simulator.fault({ endpoint: 'token', latencyMs: 2 * second, drop: 'before', times: Infinity })
  const forced = there.refresh().catch(() => undefined)
  await clock.settle()
  const reported = clock.runUntil(here.reportRejected(token, 40001))
  await expect(reported).rejects.toMatchObject({ code: 'ERR_LINGPAI_TRANSPORT' })
  await clock.runUntil(forced)
  const record = [...stored.values()].find((text) => text.includes(token))
  expect(JSON.parse(record ?? '{}')).toMatchObject({ rejectedCode: 40001 })
})
