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
import { openCentralWorld, until, type CentralWorld } from './central-world.js'

describe('what a key may do', () => {
  let world: CentralWorld
  beforeEach(async () => {
    world = await openCentralWorld()
  })
  afterEach(() => world.close())

  const post = (path: string, key: string, body: object = {}) => world.call(path, { method: 'POST', key, body })

  test('a reader reads; a reporter reports as well; an admin forces as well', async () => {
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

  test('the accounts of others are not there: the same answer as for an account that there is not', async () => {
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
        ['shop', 'nobody'].map((name) => world.call(`/v1/accounts/${name}${path}`, { method, key, body })),
      )
      expect(others).toMatchObject({ status: 404, body: { error: { code: 'ERR_NOT_FOUND' } } })
      const seen = ({ status, text, headers }: typeof others & object): unknown => [status, text, [...headers.keys()]]
      expect(seen(others!)).toEqual(seen(none!))
    }
    expect((await world.call('/v1/accounts', { key })).body['accounts']).toEqual([
      expect.objectContaining({ name: 'bot' }),
    ])
  })

  test('no key, a wrong one and a revoked one are 401, at once', async () => {
    const key = world.key()
    expect((await world.call('/v1/accounts', { key })).status).toBe(200)
    world.revoke(key)
    const wrong = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`
    for (const tried of [null, key, wrong, 'lpk_', '', 'x'.repeat(5000)]) {
      const reply = await world.call('/v1/accounts', { key: tried })
      expect(reply.status).toBe(401)
      expect(reply.headers.get('www-authenticate')).toBe('Bearer')
    }
    expect((await world.call('/v1/accounts', { key: null, headers: { authorization: 'Basic eDp5' } })).status).toBe(401)
  })

  test('a key that asks too often is told when to come back, and others are not held up', async () => {
    const key = world.key({ rateLimit: 5 })
    const replies = await Promise.all(Array.from({ length: 30 }, () => world.call('/v1/accounts', { key })))
    const refused = replies.filter(({ status }) => status === 429)
    expect(replies.length - refused.length).toBeGreaterThanOrEqual(10)
    expect(refused.length).toBeGreaterThanOrEqual(1)
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect(refused[0]?.body).toMatchObject({ error: { code: 'ERR_RATE_LIMITED', retryable: true } })
    expect((await world.call('/v1/accounts')).status).toBe(200)
  })

  test('who tries keys is stopped by his address, and a right key from there still passes', async () => {
    const statuses: number[] = []
    for (let i = 0; i < 40; i += 1) {
      const { text } = createClientKey({ name: 'x', role: 'reader', accounts: '*' }, 0)
      statuses.push((await world.call('/v1/accounts', { key: text })).status)
    }
    expect(statuses[0]).toBe(401)
    expect(statuses).toContain(429)
    expect((await world.call('/v1/accounts')).status).toBe(200)
  })

  test('no key is ever logged', async () => {
    const key = world.key()
    await world.call('/v1/accounts/shop/token', { key })
    await post('/v1/accounts/shop/rejections', key, { access_token: 'PLANTED-token', what: 'PLANTED-field' })
    await world.call(`/cgi-bin/token?grant_type=client_credential&appid=x&secret=${key}`)
    await world.call(`/nothing?key=${key}`)
    expect(world.logged()).toContain('refreshed shop')
    for (const secret of [key, key.slice(15), 'PLANTED', 'simtok_']) expect(world.logged()).not.toContain(secret)
  })
})

describe('the file of the keys', () => {
  let directory: string
  let path: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lingpai-keys-'))
    path = join(directory, 'lingpai-keys.json')
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  const newKey = () =>
    createClientKey({ name: 'till', role: 'reader', accounts: ['shop'], rateLimit: 3 }, 1_700_000_000_000)

  test('it holds hashes, no keys, and is for its owner only', async () => {
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

  test('a change is taken while the server runs: a new key works, a revoked one does not', async () => {
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

  test('a slow read of the file brings back no key that a later read found revoked', async () => {
    const { text, key } = newKey()
    await changeKeysFile(path, () => [key])
    const before = await readFile(path)
    await changeKeysFile(path, () => [{ ...key, revokedAt: 1 }])
    await rename(path, `${path}.after`)
    const keys = await openKeysFile(path)
    keys.close()
    // A pipe is read for as long as its other end is open.
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

  test('a damaged file is a problem and changes nothing', async () => {
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

  test('two changes at the same time do not lose one of them', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () => changeKeysFile(path, (keys) => [...keys, newKey().key])),
    )
    const done = outcomes.filter(({ status }) => status === 'fulfilled').length
    expect(done).toBeGreaterThanOrEqual(1)
    expect(await readKeysFile(path)).toHaveLength(done)
  })

  test('a file behind a link is changed where it is, and the link stays', async () => {
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

  test('what a dead process left stops no change', async () => {
    const { key } = newKey()
    const [dead] = [spawnSync(process.execPath, ['--version']).pid]
    const remains: [string, string, Date?][] = [
      // As the versions before made it.
      [`${path}.new`, ''],
      [`${path}.lock`, `${dead} ${hostname()} x\n`],
      // Of another host, or cut off before it said whose it is.
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

  test('a living process that changes the file is waited for by trying again', async () => {
    await writeFile(`${path}.lock`, `${process.pid} ${hostname()} another\n`)
    await expect(changeKeysFile(path, (keys) => keys)).rejects.toMatchObject({
      code: 'ERR_LINGPAI_CONFIG',
      message: `${path} is being changed by another process`,
    })
  })

  test('a file that everybody can read is rejected without an opt-in, and used with a warning with it', async () => {
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

  test('a file that everybody can read from now on changes nothing until it is mended', async () => {
    await changeKeysFile(path, () => [createClientKey({ name: 'a', role: 'reader', accounts: '*' }, 0).key])
    const problems: string[] = []
    const keys = await openKeysFile(path, { onProblem: (problem) => problems.push(problem) })
    await writeFile(path, '{"format":1,"keys":[]}')
    await chmod(path, 0o644)
    await keys.reload()
    expect(problems.at(-1)).toMatch(/can be read by everybody .*; the keys stay as they were$/)
    expect(keys.size).toBe(1)
    await chmod(path, 0o600)
    await keys.reload()
    expect(keys.size).toBe(0)
    keys.close()
  })
})
