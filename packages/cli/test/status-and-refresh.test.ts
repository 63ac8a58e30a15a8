import { withHome } from './sandbox-home.js'

test('status reads the shared cache and sends no request to a platform', async () => {
  await withHome(async ({ run, simulator, directory }) => {
    await run(['token', 'qq-bot'])
    const { code, stdout } = await run(['status'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ACCOUNT {4}STATE {2}GENERATION {2}EXPIRES {8}REFRESH {8}PROVIDER\n/)
    expect(stdout).toMatch(/\nqq-bot {5}valid {2}1 {11}in 1 h 59 min {2}in 1 h 59 min {2}qq-bot\n/)
    expect(stdout).toMatch(/\nwecom {6}none {3}- /)
    expect(stdout).toContain(`cache file:${directory}/cache/lingpai`)
    expect(simulator.ledger.tokenRequests()).toBe(1)
  })
})

test('status --json lists all accounts or the named one', async () => {
  await withHome(async ({ run }) => {
    await run(['token', 'wecom'])
    const { json } = await run(['status', '--json'])
    expect(json['accounts']).toMatchObject([
      { account: 'qq-bot', provider: 'qq-bot', state: 'none' },
      { account: 'wechat-mp', provider: 'wechat-mp', state: 'none' },
      { account: 'wecom', provider: 'wecom', state: 'valid', generation: 1, expiresAtMs: expect.any(Number) },
    ])
    const one = await run(['status', 'wecom', '--json'])
    expect(one.json['accounts']).toHaveLength(1)
  })
})

test('status shows the failure that all processes share', async () => {
  await withHome(async ({ run, simulator }) => {
    simulator.change('qq', { secret: 'reset-elsewhere' })
    await run(['token', 'qq-bot'])
    const { code, stdout } = await run(['status', 'qq-bot'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/qq-bot {3}failing/)
    expect(stdout).toMatch(/rejected \(100016\); next attempt in \d+ min/)
    expect(simulator.ledger.tokenRequests()).toBe(1)
  })
})

test('status reports a failing cache and accounts without a secret', async () => {
  await withHome(async ({ run, write }) => {
    const file = await write('a-file', 'in the way')
    await write(`lone`, '')
    const broken = await run(['status', 'qq-bot'], { env: { LINGPAI_CACHE: `file:${file}/below` } })
    expect(broken.code).toBe(1)
    expect(broken.stderr).toMatch(/lingpai: the cache file:\S+ is failing.*\n {2}hint: Run lingpai doctor/)
    const secretless = await run(['status'], { env: { QQ_BOT_SECRET: undefined } })
    expect(secretless.code).toBe(2)
    expect(secretless.stdout).toMatch(/qq-bot {5}misconfigured/)
    expect(secretless.stdout).toMatch(/wecom {6}none/)
    expect(secretless.stderr).toContain('qq-bot: the secret is missing')
  })
})

test('status of a memory cache says that other processes cannot see it', async () => {
  await withHome(async ({ run }) => {
    const { stdout } = await run(['status', 'qq-bot'], { env: { LINGPAI_CACHE: 'memory:' } })
    expect(stdout).toContain('cache memory: (in one process only')
  })
})

test('refresh requests a token and shows the generation before and after', async () => {
  await withHome(async ({ run, simulator }) => {
    const first = await run(['refresh', 'wecom'])
    expect(first.stdout).toMatch(/^wecom {2}has a new token\n {2}generation {2}none → 1\n {2}expires/)
    simulator.revoke('wecom')
    const { code, stdout } = await run(['refresh', 'wecom'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/generation {2}1 → 2/)
    expect(simulator.ledger.tokenRequests()).toBe(2)
  })
})

test('refresh says when the platform repeated its token, and why', async () => {
  await withHome(async ({ run }) => {
    await run(['token', 'qq-bot'])
    const { stdout } = await run(['refresh', 'qq-bot'])
    expect(stdout).toMatch(/^qq-bot {2}the platform repeated its token\n {2}generation {2}1 → 1/)
    expect(stdout).toContain('only in the last 1 min of the old one')
    const { json } = await run(['refresh', 'qq-bot', '--json'])
    expect(json).toMatchObject({ account: 'qq-bot', isNew: false, before: { generation: 1 }, after: { generation: 1 } })
  })
})

test('refresh --json has null before the first token', async () => {
  await withHome(async ({ run }) => {
    const { json } = await run(['refresh', 'wechat-mp', '--json'])
    expect(json).toMatchObject({ account: 'wechat-mp', isNew: true, before: null, after: { generation: 1 } })
  })
})

test('refresh sends a request despite a remembered failure', async () => {
  await withHome(async ({ run, simulator }) => {
    simulator.change('wechat', { ipAllow: ['198.51.100.1'] })
    expect((await run(['token', 'wechat-mp'])).code).toBe(1)
    simulator.change('wechat', { ipAllow: ['127.0.0.1'] })
    expect((await run(['token', 'wechat-mp'])).code).toBe(1)
    expect(simulator.ledger.tokenRequests()).toBe(1)
    expect((await run(['refresh', 'wechat-mp'])).code).toBe(0)
    expect((await run(['token', 'wechat-mp'])).code).toBe(0)
  })
})
