import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileCache } from '@lingpai/cache-file'
import { moveAside } from '../src/private-directory.js'
import { nameOfKey } from '../src/state.js'
import { entriesIn } from './entries-in.js'
import { temporaryDirectories } from '../../testing/test/support/temporary-directory.js'
import { onPosix } from '../../testing/test/support/where-possible.js'

const temporaryDirectory = temporaryDirectories()
const key = 'lingpai:1:wecom:app:https%3A%2F%2Fqyapi.weixin.qq.com:ww1:1000002:5d41'

async function openCache() {
  const directory = await temporaryDirectory()
  const cache = fileCache({ directory })
  await cache.set(key, 'one')
  return { directory, cache, entry: join(directory, nameOfKey(key)) }
}

const damages: Record<string, (file: string) => Promise<unknown>> = {
  garbage: (file) => writeFile(file, 'garbage'),
  'an empty file': (file) => truncate(file, 0),
  'half a file': (file) => truncate(file, 100),
  zeros: (file) => writeFile(file, Buffer.alloc(300)),
  'bytes that are not text': (file) => writeFile(file, Buffer.alloc(300, 0xff)),
  'a huge file': (file) => truncate(file, 8 * 1024 ** 3),
  'other JSON': (file) => writeFile(file, '{"value":"planted"}'),
  'a changed value': async (file) => writeFile(file, (await readFile(file, 'utf8')).replace('"one"', '"two"')),
}

test.each(Object.keys(damages))('%s instead of a state is a miss, and the next write replaces it', async (name) => {
  const { cache, entry } = await openCache()
  await damages[name]?.(join(entry, '1.json'))
  expect(await cache.get(key)).toBeUndefined()
  expect(await cache.lease?.take(key, 'a', 1000)).toBe(true)
  expect(await cache.get(key)).toBeUndefined()
  expect(await cache.lease?.commit(key, 'a', 'two')).toBe(true)
  expect(await cache.get(key)).toBe('two')
})

test('a copied state of another key is a miss', async () => {
  const { cache, directory, entry } = await openCache()
  await cache.set('other', 'of another account')
  await rm(entry, { recursive: true })
  await rename(join(directory, nameOfKey('other')), entry)
  expect(await cache.get(key)).toBeUndefined()
  await cache.set(key, 'two')
  expect(await cache.get(key)).toBe('two')
})

const intruders: Record<string, (path: string) => Promise<unknown>> = {
  'a directory': (path) => mkdir(join(path, 'full'), { recursive: true }),
  'a link to a good state': (path) => symlink('1.json', path),
  'a link to nowhere': (path) => symlink('/nowhere/at/all', path),
  'a link to itself': (path) => symlink(path, path),
  'a pipe without a writer': (path) => Promise.resolve(execFileSync('mkfifo', [path])),
  'a socket': (path) =>
    new Promise<void>((resolve) => {
      const server = createServer().listen(path, () => {
        // Closing would remove the socket, so it is left to the process.
        server.unref()
        resolve()
      })
    }),
}

for (const [name, intrude] of Object.entries(intruders)) {
  onPosix(`${name} instead of a state is skipped by the next write`, async () => {
    const { cache, entry } = await openCache()
    await intrude(join(entry, '2.json'))
    expect(await cache.get(key)).toBeUndefined()
    await cache.set(key, 'two')
    expect(await cache.get(key)).toBe('two')
    expect(await readdir(entry)).toContain('3.json')
    await cache.set(key, 'three')
    expect(await cache.get(key)).toBe('three')
  })

  if (name === 'a directory') continue
  onPosix(`${name} instead of an entry is moved aside by the next write`, async () => {
    const { cache, entry, directory } = await openCache()
    await rm(entry, { recursive: true })
    await intrude(entry)
    expect(await cache.get(key)).toBeUndefined()
    expect(await cache.lease?.take(key, 'a', 1000)).toBe(true)
    await cache.set(key, 'two')
    expect(await cache.get(key)).toBe('two')
    expect((await readdir(directory)).filter((found) => found.includes('.aside-'))).toHaveLength(1)
  })
}

onPosix('a link to another directory instead of an entry is not followed', async () => {
  const { cache, entry } = await openCache()
  const elsewhere = await temporaryDirectory()
  await rename(join(entry, '1.json'), join(elsewhere, '1.json'))
  await rm(entry, { recursive: true })
  await symlink(elsewhere, entry)
  expect(await cache.get(key)).toBeUndefined()
  await cache.set(key, 'two')
  expect(await cache.get(key)).toBe('two')
  expect(await readdir(elsewhere)).toEqual(['1.json'])
})

test('a directory that another process created meanwhile is not moved aside', async () => {
  const { cache, directory, entry } = await openCache()
  await moveAside(entry, Date.now())
  expect(await cache.get(key)).toBe('one')
  expect(await entriesIn(directory)).toEqual([nameOfKey(key)])
})

test('a file instead of an entry is moved aside and preserved', async () => {
  const { cache, entry, directory } = await openCache()
  await rm(entry, { recursive: true })
  await writeFile(entry, 'other data')
  await cache.set(key, 'two')
  const aside = (await readdir(directory)).find((found) => found.includes('.aside-')) ?? ''
  expect(await readFile(join(directory, aside), 'utf8')).toBe('other data')
})

test('20 caches that find a file instead of an entry lose no write of one another', async () => {
  const { entry, directory } = await openCache()
  await rm(entry, { recursive: true })
  await writeFile(entry, 'in the way')
  const caches = Array.from({ length: 20 }, () => fileCache({ directory }))
  const answers = await Promise.all(caches.map(async (cache, index) => cache.lease?.take(key, String(index), 9000)))
  expect(answers.filter(Boolean)).toHaveLength(1)
})

test('files whose names only resemble states are ignored and left unchanged', async () => {
  const { cache, entry } = await openCache()
  const names = ['007.json', '1e9.json', '99999999999999999999.json', '9007199254740992.json', '-1.json', '0.json']
  const more = ['2.JSON', '2.json.bak', ' 2.json', '２.json', '0x9.json', '2.5.json', '.json', 'README']
  for (const name of [...names, ...more]) await writeFile(join(entry, name), 'foreign')
  expect(await cache.get(key)).toBe('one')
  for (const value of ['two', 'three', 'four']) await cache.set(key, value)
  expect(await cache.get(key)).toBe('four')
  expect((await readdir(entry)).sort()).toEqual([...names, ...more, '3.json', '4.json'].sort())
})

test.each(['9007199254740991', '999999999999999', '1000000000000'])(
  'a planted state number %s, which no log reaches, hides no state',
  async (number) => {
    const { cache, entry } = await openCache()
    await writeFile(join(entry, `${number}.json`), 'foreign')
    expect(await cache.get(key)).toBe('one')
    await cache.set(key, 'two')
    expect(await cache.get(key)).toBe('two')
  },
)

test.each(['999999999999', '999999999998'])(
  'a planted state number %s at the end of the range is repaired',
  async (number) => {
    const { cache, entry } = await openCache()
    await writeFile(join(entry, `${number}.json`), 'foreign')
    expect(await cache.get(key)).toBeUndefined()
    for (const value of ['two', 'three', 'four']) {
      await cache.set(key, value)
      expect(await cache.get(key)).toBe(value)
    }
  },
)
