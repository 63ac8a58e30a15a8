import { chmod, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileCache } from '@lingpai/cache-file'
import { nameOfKey } from '../src/state.js'
import { entriesIn } from './entries-in.js'
import { childrenOf } from '../../testing/test/support/child.js'
import { temporaryDirectories } from '../../testing/test/support/temporary-directory.js'
import { onPosix } from '../../testing/test/support/where-possible.js'

const temporaryDirectory = temporaryDirectories()
const startChild = childrenOf(new URL('worker.ts', import.meta.url))
const key = 'lingpai:1:qq-bot:bot:https%3A%2F%2Fapi.bot.qq.com:10001:5d41'

async function modesBelow(path: string): Promise<Record<string, string>> {
  const modes: Record<string, string> = {}
  for (const name of ['.', ...(await readdir(path, { recursive: true }))]) {
    const found = await stat(join(path, name))
    modes[found.isDirectory() ? `${name}/` : 'file'] = (found.mode & 0o777).toString(8)
  }
  return modes
}

for (const mask of [0, 0o022, 0o077, 0o277, 0o777]) {
  onPosix(`files are readable only by their user with the umask ${mask.toString(8)}`, async () => {
    const directory = await temporaryDirectory()
    const before = process.umask(mask)
    try {
      const cache = fileCache({ directory: join(directory, 'made', 'cache') })
      await cache.set(key, 'one')
      await cache.lease?.take(key, 'a', 1000)
    } finally {
      process.umask(before)
    }
    expect(await modesBelow(directory)).toEqual({
      './': '700',
      'made/': '700',
      'made/cache/': '700',
      [`made/cache/${nameOfKey(key)}/`]: '700',
      file: '600',
    })
  })
}

onPosix(
  'an open directory that contains only a cache is restricted by the next write, and so are its entries',
  async () => {
    const directory = await temporaryDirectory()
    const cache = fileCache({ directory })
    await cache.set(key, 'one')
    await chmod(directory, 0o755)
    await chmod(join(directory, nameOfKey(key)), 0o777)
    await fileCache({ directory }).set(key, 'two')
    expect((await stat(directory)).mode & 0o777).toBe(0o700)
    expect((await stat(join(directory, nameOfKey(key)))).mode & 0o777).toBe(0o700)
  },
)

onPosix('a directory with other files keeps its mode, and the entries in it are private', async () => {
  const directory = await temporaryDirectory()
  await writeFile(join(directory, 'index.html'), 'served to everybody')
  await chmod(directory, 0o755)
  await fileCache({ directory }).set(key, 'one')
  expect((await stat(directory)).mode & 0o777).toBe(0o755)
  expect((await stat(join(directory, nameOfKey(key)))).mode & 0o777).toBe(0o700)
})

// Root may write anywhere, so these tests run in a child that drops its privileges.
onPosix(
  'an unwritable directory rejects with EACCES, and stored values stay readable',
  async () => {
    const directory = await temporaryDirectory()
    await fileCache({ directory }).set(key, 'old')
    const entry = join(directory, nameOfKey(key))
    for (const name of await readdir(entry)) await chmod(join(entry, name), 0o444)
    await chmod(entry, 0o555)
    await chmod(directory, 0o555)
    expect(await startChild('unprivileged', directory, key, 'get').lines()).toEqual(['got old'])
    expect(await startChild('unprivileged', directory, key, 'set').lines()).toEqual(['EACCES'])
    expect(await startChild('unprivileged', directory, key, 'take').lines()).toEqual(['EACCES'])
    expect(await startChild('unprivileged', directory, 'new key', 'set').lines()).toEqual(['EACCES'])
    expect(await startChild('unprivileged', directory, key, 'get').lines()).toEqual(['got old'])
    await chmod(entry, 0o700)
  },
  30_000,
)

onPosix(
  'a directory without permissions is a failure, not a miss',
  async () => {
    const directory = await temporaryDirectory()
    await fileCache({ directory }).set(key, 'old')
    await chmod(directory, 0)
    expect(await startChild('unprivileged', directory, key, 'get').lines()).toEqual(['EACCES'])
    expect(await startChild('unprivileged', directory, key, 'take').lines()).toEqual(['EACCES'])
  },
  30_000,
)

onPosix(
  'a state that only another user may read is a failure, not a miss',
  async () => {
    const directory = await temporaryDirectory()
    await fileCache({ directory }).set(key, 'old')
    await chmod(directory, 0o755)
    await chmod(join(directory, nameOfKey(key)), 0o755)
    if (process.getuid?.() !== 0) await chmod(join(directory, nameOfKey(key), '1.json'), 0)
    expect(await startChild('unprivileged', directory, key, 'get').lines()).toEqual(['EACCES'])
  },
  30_000,
)

test('a path that is a file rejects, for reads and for writes', async () => {
  const root = await temporaryDirectory()
  await writeFile(join(root, 'file'), 'a file')
  for (const directory of [join(root, 'file'), join(root, 'file', 'below')]) {
    const cache = fileCache({ directory })
    await expect(cache.get(key)).rejects.toMatchObject({ code: 'ENOTDIR' })
    await expect(cache.set(key, 'one')).rejects.toMatchObject({ code: 'ENOTDIR' })
    await expect(cache.lease?.take(key, 'a', 1000)).rejects.toMatchObject({ code: 'ENOTDIR' })
  }
})

test('a path that is too long rejects', async () => {
  const cache = fileCache({ directory: join(await temporaryDirectory(), 'x'.repeat(300)) })
  await expect(cache.get(key)).rejects.toMatchObject({ code: 'ENAMETOOLONG' })
  await expect(cache.set(key, 'one')).rejects.toMatchObject({ code: 'ENAMETOOLONG' })
})

onPosix('a directory that is a link, chosen by the user, is followed', async () => {
  const root = await temporaryDirectory()
  await mkdir(join(root, 'real'))
  await symlink('real', join(root, 'linked'))
  await fileCache({ directory: join(root, 'linked') }).set(key, 'one')
  expect(await entriesIn(join(root, 'real'))).toEqual([nameOfKey(key)])
})
