import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryDirectories } from '../../../testing/test/support/temporary-directory.js'
import { driversOf, languages } from './client-driver.js'
import { openClientWorld, type ClientWorld } from './client-world.js'

let world: ClientWorld
beforeEach(async () => {
  world = await openClientWorld()
})
afterEach(() => world.close())

const account = 'shop'
const tokenPath = 'GET /v1/accounts/shop/token'
const directory = temporaryDirectories()
const unset = { LINGPAI_URL: undefined, LINGPAI_KEY: undefined, LINGPAI_KEY_FILE: undefined }

describe.each(languages)('the $name client', (language) => {
  const { test: testIf } = language
  const start = driversOf(language)
  const url = () => world.front.url

  testIf('throws typed errors with hints for a wrong key and an unknown account, and asks rarely', async () => {
    const wrong = `lpk_0123456789_${'planted-key-of-a-stranger'.padEnd(43, 'x')}`
    const stranger = await start({ url: url(), key: wrong })
    for (let calls = 0; calls < 3; calls += 1)
      expect(await stranger.ask({ do: 'token', account })).toMatchObject([
        { error: 'UnauthenticatedError', code: 'ERR_UNAUTHENTICATED', status: 401, hint: /lingpai key create/ },
      ])
    expect(world.front.count(tokenPath)).toBe(1)
    expect(stranger.output()).not.toContain('planted-key-of-a-stranger')
    const known = await start({ url: url(), key: world.key([account]) })
    expect(await known.ask({ do: 'token', account: 'sales' })).toMatchObject([
      { error: 'NotFoundError', code: 'ERR_NOT_FOUND', status: 404 },
    ])
  })

  testIf('reports as a reader in vain, and keeps the token', async () => {
    const driver = await start({ url: url(), key: world.key([account], { role: 'reader' }) })
    await driver.ask({ do: 'token', account })
    expect(await driver.ask({ do: 'reject', account, code: 42001 })).toMatchObject([
      { error: 'ForbiddenError', status: 403 },
    ])
    expect(await driver.ask({ do: 'token', account })).toEqual([world.current()])
  })

  testIf('hands a code that is not a token error back to the caller, and keeps the token', async () => {
    const driver = await start({ url: url(), key: world.key([account], { role: 'reporter' }) })
    await driver.ask({ do: 'token', account })
    expect(await driver.ask({ do: 'reject', account, code: 45009 })).toMatchObject([
      { error: 'ServerError', status: 400 },
    ])
    expect(await driver.ask({ do: 'token', account })).toEqual([world.current()])
    expect(world.simulator.ledger.tokenRequests()).toBe(1)
  })

  testIf("passes on the platform's error with its code and hint", async () => {
    world.simulator.fault({ times: 2, body: { errcode: 40164, errmsg: 'invalid ip 1.2.3.4, not in whitelist' } })
    const driver = await start({ url: url(), key: world.key([account]) })
    const [outcome] = await driver.ask({ do: 'token', account })
    expect(outcome).toMatchObject({ error: 'ServerError', code: 'ERR_LINGPAI_PLATFORM', status: 502 })
    expect(String(outcome?.platformCode)).toBe('40164')
    expect(outcome?.hint).toContain('1.2.3.4')
  })

  testIf('waits for Retry-After before it asks again', async () => {
    world.front.instead = (response) => {
      const error = { code: 'ERR_UNAVAILABLE', message: 'the server is shutting down', retryable: true }
      response
        .writeHead(503, { 'retry-after': '3600', 'content-type': 'application/json' })
        .end(JSON.stringify({ error }))
    }
    const driver = await start({ url: url(), key: world.key([account]) })
    for (let calls = 0; calls < 3; calls += 1)
      expect(await driver.ask({ do: 'token', account, callers: 10 })).toHaveLength(10)
    expect(world.front.count(tokenPath)).toBe(1)
  })

  testIf('follows no redirect and takes no page of a proxy for a token', async () => {
    world.front.instead = (response) =>
      response.writeHead(307, { location: `${world.url}/v1/accounts/shop/token` }).end()
    const driver = await start({ url: url(), key: world.key([account]) })
    expect(await driver.ask({ do: 'token', account })).toMatchObject([{ error: 'TransportError' }])
    world.front.instead = (response) => response.writeHead(200).end('<html>Sign in</html>')
    const other = await start({ url: url(), key: world.key([account]) })
    expect(await other.ask({ do: 'token', account })).toMatchObject([{ error: 'TransportError' }])
  })

  testIf('takes URL and key from the environment and from a file', async () => {
    const file = join(await directory(), 'key')
    await writeFile(file, `${world.key([account])}\n`, { mode: 0o600 })
    for (const env of [{ LINGPAI_KEY: world.key([account]) }, { LINGPAI_KEY_FILE: file }]) {
      const driver = await start({}, { ...unset, LINGPAI_URL: `${url()}/`, ...env })
      expect(await driver.ask({ do: 'token', account })).toEqual([world.current()])
    }
  })

  testIf('rejects a URL and a key that cannot be right, without showing them', async () => {
    for (const options of [
      { url: '', key: 'lpk_x' },
      { url: 'ftp://tokens.internal', key: 'lpk_x' },
      { url: 'https://me:PLANTED-SECRET-of-url@tokens.internal', key: 'lpk_x' },
      { url: url() },
    ]) {
      const driver = await start(options, unset)
      expect(driver.greeting).toMatchObject({ error: 'ConfigError', code: 'ERR_LINGPAI_CONFIG' })
      expect(driver.output()).not.toContain('PLANTED-SECRET-of-url')
    }
  })
})
