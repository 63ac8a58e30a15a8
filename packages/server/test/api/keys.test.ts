import { spawnSync } from 'node:child_process'
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClientKey } from '../../src/keys/client-key.js'
import { changeKeysFile, openKeysFile, readKeysFile } from '../../src/keys/keys-file.js'
import { openServerWorld, until, type ServerWorld } from './server-world.js'

describe('the rights of a key', () => {
  let world: ServerWorld
  beforeEach(async () => {
    world = await openServerWorld()
  })
  afterEach(() => world.close())

  const post = (path: string, key: string, body: object = {}) => world.call(path, { method: 'POST', key, body })

  test('a reader reads, a reporter also reports, an admin also forces refreshes', async () => {
    const [reader, reporter, admin] = (['reader', 'reporter', 'admin'] as const).map((role) => world.key({ role }))
    const rejection = { generation: 0 }
    const statuses = async (key: string): Promise<number[]> => [
      (await world.call('/v1/accounts/shop/token', { key })).status,
      (await post('/v1/accounts/shop/rejections', key, rejection)).status,
      (await post('/v1/accounts/shop/refreshes', key)).status,
    ]
    expect(await statuses(reader!)).toEqual([200, 403, 403])
    expect(await statuses(reporter!)).toEqual([200, 200, 403])
    expect(await statuses(admin!)).toEqual([200, 200, 200])
  })

  test('an account of other keys gets the same response as an unknown account', async () => {
    const key = world.key({ role: 'admin', accounts: ['bot'] })
    const asked: [string, string, object?][] = [
      ['GET', ''],
      ['GET', '/token'],
      ['GET', '/timeline'],
      ['GET', '/changes?generation=0&wait=0'],
      ['POST', '/rejections', { generation: 1 }],
      ['POST', '/refreshes', {}],
    ]
    for (const [method, path, body] of asked) {
      const [others, none] = await Promise.all(
        ['shop', 'unknown'].map((name) => world.call(`/v1/accounts/${name}${path}`, { method, key, body })),
      )
      expect(others).toMatchObject({ status: 404, body: { error: { code: 'ERR_NOT_FOUND' } } })
      const seen = ({ status, text, headers }: typeof others & object): unknown => [status, text, [...headers.keys()]]
      expect(seen(others!)).toEqual(seen(none!))
    }
    expect((await world.call('/v1/accounts', { key })).body['accounts']).toEqual([
      expect.objectContaining({ name: 'bot' }),
    ])
  })

  test('a missing, a wrong and a revoked key get 401', async () => {
    const key = world.key()
    expect((await world.call('/v1/accounts', { key })).status).toBe(200)
    world.revoke(key)
    const wrong = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`
    for (const tried of [null, key, wrong, 'lpk_', '', 'x'.repeat(5000)]) {
      const response = await world.call('/v1/accounts', { key: tried })
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toBe('Bearer')
    }
    expect((await world.call('/v1/accounts', { key: null, headers: { authorization: 'Basic eDp5' } })).status).toBe(401)
  })

  test('a key above its rate limit gets 429 with retry-after, and other keys are not affected', async () => {
    const key = world.key({ rateLimit: 5 })
    const responses = await Promise.all(Array.from({ length: 30 }, () => world.call('/v1/accounts', { key })))
    const limited = responses.filter(({ status }) => status === 429)
    expect(responses.length - limited.length).toBeGreaterThanOrEqual(10)
    expect(limited.length).toBeGreaterThanOrEqual(1)
    expect(Number(limited[0]?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect(limited[0]?.body).toMatchObject({ error: { code: 'ERR_RATE_LIMITED', retryable: true } })
    expect((await world.call('/v1/accounts')).status).toBe(200)
  })

  test('an address that tries many keys is blocked, and a valid key from there still passes', async () => {
    const statuses: number[] = []
    for (let i = 0; i < 40; i += 1) {
      const { text } = createClientKey({ name: 'x', role: 'reader', accounts: '*' }, 0)
      statuses.push((await world.call('/v1/accounts', { key: text })).status)
    }
    expect(statuses[0]).toBe(401)
    expect(statuses).toContain(429)
    expect((await world.call('/v1/accounts')).status).toBe(200)
  })

  test('client keys and tokens never appear in the log', async () => {
    const key = world.key()
    await world.call('/v1/accounts/shop/token', { key })
    await post('/v1/accounts/shop/rejections', key, { access_token: 'PLANTED-token', what: 'PLANTED-field' })
    await world.call(`/cgi-bin/token?grant_type=client_credential&appid=x&secret=${key}`)
    await world.call(`/nothing?key=${key}`)
    expect(world.logged()).toContain('refreshed shop')
    for (const secret of [key, key.slice(15), 'PLANTED', 'simtok_']) expect(world.logged()).not.toContain(secret)
  })
})

describe('the keys file', () => {
  let directory: string
  let path: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lingpai-keys-'))
    path = join(directory, 'lingpai-keys.json')
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  const newKey = () =>
    createClientKey({ name: 'till', role: 'reader', accounts: ['shop'], rateLimit: 3 }, 1_700_000_000_000)

  test('a keys file contains hashes and no keys, and only its owner can read it', async () => {
    const { text, key } = newKey()
    await changeKeysFile(path, (keys) => [...keys, key])
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const written = await readFile(path, 'utf8')
    expect(written).not.toContain(text.slice(15))
    expect(await readKeysFile(path)).toEqual([key])
    expect(key).toEqual({
      id: text.slice(4, 14),
      name: 'till',
      role: 'reader',
      accounts: ['shop'],
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      createdAt: 1_700_000_000_000,
      rateLimit: 3,
    })
  })

  test('a change of the keys file takes effect while the server runs', async () => {
    const { text, key } = newKey()
    const keys = await openKeysFile(path)
    expect(keys.verify(text)).toBeUndefined()
    await changeKeysFile(path, () => [key])
    await until(() => keys.verify(text) !== undefined)
    expect(keys.size).toBe(1)
    await changeKeysFile(path, () => [{ ...key, revokedAt: 1 }])
    await until(() => keys.verify(text) === undefined)
    expect(keys.size).toBe(0)
    keys.close()
  })

  test('a slow read of the keys file cannot restore a key that a later read found revoked', async () => {
    const { text, key } = newKey()
    await changeKeysFile(path, () => [key])
    const before = await readFile(path)
    await changeKeysFile(path, () => [{ ...key, revokedAt: 1 }])
    await rename(path, `${path}.after`)
    const keys = await openKeysFile(path)
    keys.close()
    // Reading a pipe takes as long as its other end is open.
    expect(spawnSync('mkfifo', ['-m', '600', path]).status).toBe(0)
    const slow = keys.reload()
    const pipe = await open(path, 'w')
    await rename(`${path}.after`, path)
    const later = keys.reload()
    for (let times = 0; times < 3; times++) expect(await readKeysFile(path)).toHaveLength(1)
    await pipe.writeFile(before)
    await pipe.close()
    await Promise.all([slow, later])
    expect(keys.verify(text)).toBeUndefined()
  })

  test('a damaged keys file is reported, and the previous keys stay', async () => {
    const { text, key } = newKey()
    await changeKeysFile(path, () => [key])
    const problems: string[] = []
    const keys = await openKeysFile(path, { onProblem: (problem) => problems.push(problem) })
    for (const bad of ['{"format":1,"keys":[{"hash":"PLANTED"}]}', 'PLANTED{', '{"format":2,"keys":[]}', '[]']) {
      await writeFile(path, bad)
      await keys.reload()
      expect(keys.verify(text)).toEqual(key)
      await expect(readKeysFile(path)).rejects.toMatchObject({ code: 'ERR_LINGPAI_CONFIG' })
    }
    expect(problems.length).toBeGreaterThanOrEqual(4)
    expect(problems.join()).not.toContain('PLANTED')
    keys.close()
  })

  test('two concurrent changes of a keys file are both applied', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () => changeKeysFile(path, (keys) => [...keys, newKey().key])),
    )
    const done = outcomes.filter(({ status }) => status === 'fulfilled').length
    expect(done).toBeGreaterThanOrEqual(1)
    expect(await readKeysFile(path)).toHaveLength(done)
  })

  test('changing a keys file by a symbolic link changes its target and keeps the link', async () => {
    const [real, link] = [join(directory, 'mounted', 'keys.json'), path]
    await mkdir(join(directory, 'mounted'))
    await symlink('mounted/keys.json', link)
    const { text, key } = newKey()
    await changeKeysFile(link, () => [key])
    const keys = await openKeysFile(link)
    expect(keys.verify(text)).toEqual(key)
    await changeKeysFile(link, ([known]) => [{ ...known!, revokedAt: 1 }])
    await keys.reload()
    expect(keys.verify(text)).toBeUndefined()
    keys.close()
    expect((await lstat(link)).isSymbolicLink()).toBe(true)
    expect(await readKeysFile(real)).toEqual([{ ...key, revokedAt: 1 }])
    expect(await readdir(join(directory, 'mounted'))).toEqual(['keys.json'])
  })

  test('the lock of a dead process does not prevent a change of the keys file', async () => {
    const { key } = newKey()
    const [dead] = [spawnSync(process.execPath, ['--version']).pid]
    const remains: [string, string, Date?][] = [
      // A lock of earlier versions.
      [`${path}.new`, ''],
      [`${path}.lock`, `${dead} ${hostname()} x\n`],
      // A lock of another host, and one that was cut off.
      [`${path}.lock`, '1 elsewhere x\n', new Date(0)],
      [`${path}.lock`, '', new Date(0)],
    ]
    for (const [name, text, at] of remains) {
      await writeFile(name, text)
      if (at !== undefined) await utimes(name, at, at)
      await changeKeysFile(path, (keys) => [...keys, newKey().key])
    }
    await changeKeysFile(path, (keys) => [...keys, key])
    expect(await readKeysFile(path)).toHaveLength(remains.length + 1)
    expect((await readdir(directory)).sort()).toEqual(['lingpai-keys.json', 'lingpai-keys.json.new'])
  })

  test('a change of a keys file fails while another living process changes it', async () => {
    await writeFile(`${path}.lock`, `${process.pid} ${hostname()} another\n`)
    await expect(changeKeysFile(path, (keys) => keys)).rejects.toMatchObject({
      code: 'ERR_LINGPAI_CONFIG',
      message: `${path} is being changed by another process`,
    })
  })

  test('a world-readable keys file is rejected by default, and accepted with a warning if allowed', async () => {
    await writeFile(path, '{"format":1,"keys":[]}', { mode: 0o644 })
    await expect(openKeysFile(path)).rejects.toMatchObject({
      code: 'ERR_LINGPAI_CONFIG',
      message: expect.stringContaining('(0644); chmod 600 it, or set "allowWorldReadable"'),
      details: { field: 'keysFile' },
    })
    const problems: string[] = []
    const onProblem = (problem: string): unknown => problems.push(problem)
    const keys = await openKeysFile(path, { allowWorldReadable: true, onProblem })
    expect(problems).toEqual([`${path} can be read by everybody (0644); chmod 600 ${path}`])
    keys.close()
  })

  test('a keys file that becomes world-readable is reported, and the previous keys stay until it is fixed', async () => {
    await changeKeysFile(path, () => [createClientKey({ name: 'a', role: 'reader', accounts: '*' }, 0).key])
    const problems: string[] = []
    const keys = await openKeysFile(path, { onProblem: (problem) => problems.push(problem) })
    await writeFile(path, '{"format":1,"keys":[]}')
    await chmod(path, 0o644)
    await keys.reload()
    expect(problems.at(-1)).toMatch(/can be read by everybody .*; the previous keys stay in use$/)
    expect(keys.size).toBe(1)
    await chmod(path, 0o600)
    await keys.reload()
    expect(keys.size).toBe(0)
    keys.close()
  })
})
