import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withHome, type Home, type Ran } from './sandbox-home.js'

/** The environment of the simulated app, without the accounts of other platforms. */
function feishuEnv({ simulator, env }: Pick<Home, 'simulator' | 'env'>): Readonly<Record<string, string | undefined>> {
  const others = Object.keys(env).filter((name) => /^(QQ|WECHAT|WECOM)_/.test(name))
  const { appId, appSecret } = simulator.accounts.feishu
  return {
    ...Object.fromEntries(others.map((name) => [name, undefined])),
    FEISHU_APP_ID: appId,
    FEISHU_APP_SECRET: appSecret,
    FEISHU_BASE_URL: `${simulator.url}/feishu`,
  }
}

function lineOf({ stdout }: Ran, check: string): string {
  return stdout.split('\n').find((line) => line.slice(6).startsWith(`${check}:`)) ?? `no line about ${check}`
}

test('init writes a file with every kind of token of an app, and doctor accepts it', async () => {
  await withHome(async (home) => {
    const { run, directory, simulator } = home
    const env = feishuEnv(home)
    const init = await run(['init', '--provider', 'feishu,feishu-app,feishu-oauth'], { env })
    expect(init.code).toBe(0)
    const text = await readFile(join(directory, 'lingpai.yaml'), 'utf8')
    expect(text).toContain('secretEnv: FEISHU_APP_SECRET')
    expect(text).toContain(`appId: "${simulator.accounts.feishu.appId}"`)
    // The variable names the host of the first kind; OAuth has another one.
    expect(text).toMatch(/feishu-app:[^]*baseUrl: "http[^]*feishu-oauth:[^]*# baseUrl: https:\/\/accounts\.feishu\.cn/)
    await home.write(
      'lingpai.yaml',
      text.replace('# baseUrl: https://accounts.feishu.cn', `baseUrl: ${simulator.url}/feishu`),
    )
    const doctor = await run(['doctor'], { env })
    expect([doctor.code, doctor.stdout]).toEqual([0, expect.stringContaining('0 fail') as string])
    for (const name of ['feishu', 'feishu-oauth'])
      expect(lineOf(doctor, `${name} works`)).toBe(`ok    ${name} works: GET /open-apis/bot/v3/info accepts the token`)
    expect(lineOf(doctor, 'feishu-app works')).toMatch(/^warn .*no probe/)
    expect(simulator.ledger.tokenRequests()).toBe(3)
    const status = await run(['status', '--json'], { env })
    expect(JSON.stringify(status.json)).toContain('feishu-oauth')
  })
})

test('the environment alone configures an account', async () => {
  await withHome(async (home) => {
    const env = feishuEnv(home)
    expect((await home.run(['doctor', 'feishu'], { env })).code).toBe(0)
    const token = await home.run(['token', 'feishu'], { env })
    expect(token.stdout).toContain(`feishu:${home.simulator.accounts.feishu.appId}`)
    expect(home.simulator.ledger.tokenRequests()).toBe(1)
  })
})

test('doctor shows a wrong secret and a denied address with what to do', async () => {
  await withHome(async (home) => {
    const env = feishuEnv(home)
    const wrong = await home.run(['doctor', 'feishu'], { env: { ...env, FEISHU_APP_SECRET: 'PLANTED-SECRET-wrong' } })
    expect(wrong.code).toBe(3)
    expect(lineOf(wrong, 'feishu token')).toMatch(/^fail .*10014.*→ Compare App ID and App Secret/)
    home.simulator.change('feishu', { ipAllow: ['203.0.113.9'] })
    const denied = await home.run(['doctor', 'feishu'], { env })
    expect(lineOf(denied, 'feishu works')).toMatch(/^warn .*99991401.*→ Check the IP allowlist/)
  })
})

test('the sandbox shows the commands of the simulated app', async () => {
  await withHome(async (home) => {
    const { stdout } = await home.run(['sandbox'], { io: { stopped: () => Promise.resolve() } })
    expect(stdout).toContain('lingpai token feishu')
    expect(stdout).toMatch(/curl -s http:\S+\/feishu\/open-apis\/auth\/v3\/tenant_access_token\/internal/)
  })
})
