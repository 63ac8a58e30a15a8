import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { simulatorAdmin } from '../../src/simulator/index.js'
import { withSimulator } from './simulator-calls.js'

test('the admin client has the methods of the simulator', () =>
  withSimulator({ timeScale: 2 }, async ({ simulator, qqToken, qqApi, wechatToken, wechatApi }) => {
    const admin = simulatorAdmin(simulator.url)
    expect(await admin.health()).toEqual({ ok: true, timeScale: 2 })

    const token = (await qqToken()).body.access_token
    await admin.revoke(simulator.accounts.qq)
    expect((await qqApi(token)).body.code).toBe(11244)
    expect(await admin.ledger.deadPresented()).toBe(1)
    expect(await admin.ledger.deadPresented({ kind: 'revoked', account: 'qq:102000001' })).toBe(1)
    expect(await admin.ledger.deadPresented({ account: 'qq:none' })).toBe(0)

    const fault = await admin.fault({ platform: 'qq', status: 503, times: Infinity })
    expect((await qqToken()).status).toBe(503)
    await fault.clear()
    expect((await qqToken()).status).toBe(200)
    await admin.fault({ endpoint: 'token', body: 'x', times: 2 })
    await admin.clearFaults()
    expect((await qqToken()).status).toBe(200)

    const ours = (await wechatToken()).body.access_token
    await admin.mint('wechat')
    await admin.skipTime(150_000)
    expect((await wechatApi(ours)).body.errcode).toBe(40001)
    await admin.change('wechat', { ipAllow: [] })
    expect((await wechatToken()).body.errcode).toBe(40164)

    expect(await admin.ledger.tokenRequests()).toBe(simulator.ledger.tokenRequests())
    expect(await admin.ledger.tokensIssued('qq:102000001')).toBe(2)
    expect(await admin.ledger.apiRequests('qq:102000001')).toBe(1)
    expect(await admin.ledger.summary()).toEqual(simulator.ledger.summary())
    expect(await admin.ledger.entries()).toEqual(simulator.ledger.entries)
    await admin.ledger.reset()
    expect(simulator.ledger.tokenRequests()).toBe(0)
  }))

test('admin calls are not in the ledger', () =>
  withSimulator({}, async ({ simulator }) => {
    await simulatorAdmin(simulator.url).health()
    expect(simulator.ledger.entries).toEqual([])
  }))

test('no response of the admin API contains a token or a secret', () =>
  withSimulator({}, async ({ simulator, qqToken, post, send }) => {
    await qqToken()
    const answers = await Promise.all([
      send('/_sim/ledger'),
      send('/_sim/entries'),
      send('/_sim/health'),
      post('/_sim/mint', { account: 'wechat' }),
      post('/_sim/change', { account: 'qq', secret: 'not-real-either' }),
      post('/_sim/revoke', { target: 'simtok_unknown' }),
      post('/_sim/revoke', { target: simulator.accounts.wecom }),
      post('/_sim/revoke', { target: { corpId: 'x', corpSecret: 'not-real-either' } }),
    ])
    for (const { text } of answers) expect(text).not.toMatch(/simtok_|not-real/)
  }))

test('a rejected admin call is a ConfigError with the message of the simulator', () =>
  withSimulator({}, async ({ simulator, post }) => {
    const admin = simulatorAdmin(simulator.url)
    await expect(admin.revoke('qq:none')).rejects.toMatchObject({ code: 'ERR_LINGPAI_CONFIG', message: /no account/ })
    await expect(admin.fault({})).rejects.toMatchObject({ message: /needs one of/ })
    expect((await post('/_sim/revoke', '{')).status).toBe(400)
    expect((await post('/_sim/revoke', '[]')).status).toBe(400)
    expect((await post('/_sim/revoke', {})).body.error).toMatch(/"account" is missing/)
    expect((await post('/_sim/skip', { ms: 'x' })).body.error).toMatch(/"ms" must be a duration/)
  }))

test('a simulator in another process is controlled over HTTP', async () => {
  const script = `
    import { startSimulator } from '@lingpai/testing/simulator'
    const simulator = await startSimulator({ timeScale: 2400 })
    console.log(simulator.url)`
  const child = spawn(
    process.execPath,
    ['--conditions=@lingpai/source', '--import', 'tsx', '--input-type=module', '--eval', script],
    { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  try {
    const lines: string[] = []
    const output = createInterface(child.stdout)
    output.on('line', (line) => lines.push(line))
    const [url] = (await once(output, 'line')) as [string]
    const admin = simulatorAdmin(url)
    expect(await admin.health()).toEqual({ ok: true, timeScale: 2400 })
    await fetch(`${url}/qq/users/@me`, { headers: { authorization: 'QQBot made-up' } })
    expect(await admin.ledger.deadPresented({ kind: 'unknown' })).toBe(1)
    expect(lines).toEqual([url])
  } finally {
    child.kill()
    await once(child, 'exit')
  }
})
