import { inspect } from 'node:util'
import { withSimulator } from './simulator-calls.js'

test('the ledger records every request by account, without its token or secret', () =>
  withSimulator({}, async ({ wechatToken, wechatApi, qqToken, simulator, clock }) => {
    const token = (await wechatToken()).body.access_token
    await wechatApi(token)
    await qqToken({ clientSecret: 'wrong' })
    await qqToken({ appId: '102999999' })
    const { ledger } = simulator
    const account = 'wechat:wxdec0de0000000001'
    const tokenId = `${account}/token#1`
    const atMs = clock.now()
    expect(ledger.entries).toEqual([
      { atMs, platform: 'wechat', endpoint: 'token', path: '/cgi-bin/token', account, code: 0, tokenId, isNew: true },
      { atMs, platform: 'wechat', endpoint: 'api', path: '/cgi-bin/getcallbackip', account, code: 0, tokenId },
      {
        atMs,
        platform: 'qq',
        endpoint: 'token',
        path: '/app/getAppAccessToken',
        account: 'qq:102000001',
        code: 100016,
      },
      { atMs, platform: 'qq', endpoint: 'token', path: '/app/getAppAccessToken', code: 10004 },
    ])
    expect(ledger.tokenRequests()).toBe(3)
    expect(ledger.tokenRequests('qq')).toBe(1)
    expect(ledger.tokenRequests(simulator.accounts.wechat)).toBe(1)
    expect(ledger.tokensIssued(account)).toBe(1)
    expect(ledger.apiRequests(account)).toBe(1)
    expect(ledger.apiRequests('wecom')).toBe(0)
    const printed = inspect({ simulator, ledger, entries: ledger.entries, summary: ledger.summary() }, { depth: 9 })
    expect(printed.replace(inspect(simulator.accounts, { depth: 9 }), '')).not.toMatch(/simtok_/)
    expect(JSON.stringify(ledger.summary())).not.toMatch(/simtok_|not-real/)
  }))

test('repeated responses do not count as new tokens', () =>
  withSimulator({}, async ({ qqToken, simulator }) => {
    for (let i = 0; i < 5; i++) await qqToken()
    expect(simulator.ledger.summary()).toMatchObject({ tokenRequests: 5, tokensIssued: 1, tokensRepeated: 4 })
  }))

test('the ledger counts each presented dead token by the reason of its death', () =>
  withSimulator({}, async ({ wechatToken, wechatApi, qqToken, qqApi, clock, simulator }) => {
    const superseded = (await wechatToken()).body.access_token
    await wechatToken()
    const revoked = (await qqToken()).body.access_token
    await clock.advance(300_000)
    simulator.revoke('qq')
    const expired = (await qqToken()).body.access_token
    await wechatApi(superseded)
    await qqApi(revoked)
    await qqApi(expired)
    await qqApi('made-up')
    await clock.advance(7_200_000)
    await qqApi(expired)
    const { ledger } = simulator
    expect(ledger.summary().dead).toEqual({ expired: 1, superseded: 1, revoked: 1, unknown: 1 })
    expect(ledger.deadPresented()).toBe(4)
    expect(ledger.deadPresented({ kind: 'superseded' })).toBe(1)
    expect(ledger.deadPresented({ account: 'qq' })).toBe(2)
    expect(ledger.deadPresented({ account: 'wecom' })).toBe(0)
  }))

test('reset() clears the ledger', () =>
  withSimulator({}, async ({ qqToken, simulator }) => {
    await qqToken()
    simulator.ledger.reset()
    expect(simulator.ledger.entries).toEqual([])
    expect(simulator.ledger.tokenRequests('qq')).toBe(0)
    expect(simulator.ledger.summary().accounts).toEqual({})
  }))

test('the ledger drops old entries and keeps its counts', () =>
  withSimulator({ maxEntries: 3 }, async ({ qqToken, simulator }) => {
    for (let i = 0; i < 10; i++) await qqToken()
    expect(simulator.ledger.entries).toHaveLength(3)
    expect(simulator.ledger.tokenRequests()).toBe(10)
  }))

test('revoking a token kills that one, revoking an account kills all of its tokens', () =>
  withSimulator({}, async ({ wechatToken, stableToken, wechatApi, simulator }) => {
    const plain = (await wechatToken()).body.access_token
    const stable = (await stableToken()).body.access_token
    simulator.revoke(plain)
    expect((await wechatApi(plain)).body.errcode).toBe(40001)
    expect((await wechatApi(stable)).body).toHaveProperty('ip_list')
    simulator.revoke(simulator.accounts.wechat)
    expect((await wechatApi(stable)).body.errcode).toBe(40001)
    expect((await stableToken()).body.access_token).not.toBe(stable)
  }))

test('after a sticky revocation the endpoint returns the dead token again', () =>
  withSimulator({}, async ({ qqToken, qqApi, simulator }) => {
    const token = (await qqToken()).body.access_token
    simulator.revoke(token, { sticky: true })
    expect((await qqToken()).body.access_token).toBe(token)
    expect((await qqApi(token)).body.code).toBe(11244)
  }))

test('mint() rotates the token where the platform rotates, and does not count as a request', () =>
  withSimulator({}, async ({ wechatToken, wechatApi, stableToken, qqToken, clock, simulator }) => {
    const ours = (await wechatToken()).body.access_token
    const theirs = simulator.mint('wechat')
    await clock.advance(300_000)
    expect((await wechatApi(ours)).body.errcode).toBe(40001)
    expect((await wechatApi(theirs)).body).toHaveProperty('ip_list')
    expect(simulator.ledger.tokenRequests()).toBe(1)
    const stable = (await stableToken()).body.access_token
    expect(simulator.mint('wechat', { kind: 'stable' })).not.toBe(stable)
    const shared = (await qqToken()).body.access_token
    expect(simulator.mint('qq')).toBe(shared)
    expect(simulator.mint('qq', { force: true })).not.toBe(shared)
  }))

test('a changed secret invalidates the old one', () =>
  withSimulator({}, async ({ wecomToken, simulator }) => {
    simulator.change('wecom', { secret: 'another-demo-secret' })
    expect((await wecomToken()).body.errcode).toBe(40001)
    expect((await wecomToken({ corpsecret: 'another-demo-secret' })).body.errcode).toBe(0)
  }))

test('an unknown account, token or setting is a ConfigError', () =>
  withSimulator(
    {
      accounts: {
        qq: [
          { appId: '1', clientSecret: 'a' },
          { appId: '2', clientSecret: 'b' },
        ],
      },
    },
    async (calls) => {
      const { simulator } = calls
      expect(() => simulator.revoke('qq')).toThrow('more than one account')
      expect(() => simulator.revoke('simtok_nothing')).toThrow('no such token')
      expect(() => simulator.revoke({ appId: '3' })).toThrow('no account')
      expect(() => simulator.mint('qq:1', { kind: 'stable' })).toThrow('no token of kind')
      expect(() => simulator.ledger.tokenRequests('qq:3')).toThrow('no account')
    },
  ))
