import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { providerNames } from '../src/known-providers.js'
import { withHome } from './sandbox-home.js'

test('init writes a valid file for the environment, without secrets', async () => {
  await withHome(async ({ run, directory, env }) => {
    const { code, stdout } = await run(['init', '--provider', 'qq-bot,wechat-mp,wecom'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Wrote .*lingpai\.yaml\. Next:/)
    const text = await readFile(join(directory, 'lingpai.yaml'), 'utf8')
    expect(text).toContain('secretEnv: QQ_BOT_SECRET')
    for (const [name, value] of Object.entries(env)) if (name.endsWith('SECRET')) expect(text).not.toContain(value)
    for (const name of ['qq-bot', 'wechat-mp', 'wecom']) expect((await run(['token', name])).code).toBe(0)
    expect((await run(['status', '--json'])).json['cache']).toBe(`file:${directory}/.lingpai`)
    expect((await stat(join(directory, '.lingpai'))).mode & 0o777).toBe(0o700)
  })
})

test('placeholders in the file are reported with their lines', async () => {
  await withHome(async ({ run }) => {
    const env = { WECOM_CORP_ID: undefined, WECOM_AGENT_ID: undefined }
    await run(['init', '--provider', 'wecom', '--cache', 'memory:'], { env })
    const { code, stderr } = await run(['token', 'wecom'], { env })
    expect(code).toBe(2)
    expect(stderr).toMatch(/lingpai\.yaml:\d+: accounts\.wecom\.corpId: still has the placeholder/)
    expect(stderr).toMatch(/lingpai\.yaml:\d+: accounts\.wecom\.agentId: still has the placeholder/)
  })
})

test('init only overwrites a file with --force', async () => {
  await withHome(async ({ run, directory, write }) => {
    const path = await write('lingpai.yaml', 'mine')
    const rejected = await run(['init'])
    expect(rejected.code).toBe(2)
    expect(rejected.stderr).toContain(`${path} already exists\n  hint: Check lingpai.yaml; --force overwrites it.`)
    expect(await readFile(path, 'utf8')).toBe('mine')
    const forced = await run(['init', '--force', '--json'])
    expect(forced.json).toEqual({ path, providers: ['qq-bot'], cache: 'file:.lingpai', overwritten: true })
    const elsewhere = await run(['init', '--config', 'other.yaml', '--json'])
    expect(elsewhere.json).toMatchObject({ path: join(directory, 'other.yaml'), overwritten: false })
  })
})

test('init rejects unknown providers and caches', async () => {
  await withHome(async ({ run }) => {
    const provider = await run(['init', '--provider', 'stranger'])
    expect(provider.code).toBe(2)
    expect(provider.stderr).toContain(`Known providers: ${providerNames.join(', ')}.`)
    const cache = await run(['init', '--cache', 'mongodb://x'])
    expect(cache.code).toBe(2)
    const place = await run(['init', '--config', 'no/such/place.yaml'])
    expect(place.stderr).toContain('cannot be written (ENOENT)')
  })
})
