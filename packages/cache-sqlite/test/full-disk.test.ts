import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { statfs, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqliteCache } from '@lingpai/cache-sqlite'
import { testsNeeding } from '../../testing/test/support/where-possible.js'

const key = 'lingpai:1:wecom:app:https%3A%2F%2Fqyapi.weixin.qq.com:ww1:1000002:5d41'
const disk = mountTinyDisk()
const onTinyDisk = testsNeeding(disk === undefined ? 'the right to mount a tmpfs' : undefined)

afterAll(() => {
  if (disk === undefined) return
  // Lazily: a handle that could be opened but not used is closed by garbage collection.
  execFileSync('umount', ['-l', disk])
  rmdirSync(disk)
})

onTinyDisk(
  'on a full disk writes reject with SQLITE_FULL, the old record stays, and the cache works again when there is space',
  async () => {
    const path = join(disk ?? '', 'cache', 'tokens.db')
    const ballast = join(disk ?? '', 'ballast')
    const cache = sqliteCache({ path })
    await cache.set(key, 'old')
    await cache.lease?.take(key, 'a', 60_000)
    await fillUp(ballast)
    const long = 'x'.repeat(60_000)
    await expect(cache.set(key, long)).rejects.toMatchObject({ code: 'SQLITE_FULL' })
    await expect(cache.lease?.commit(key, 'a', long)).rejects.toMatchObject({ code: 'SQLITE_FULL' })
    expect(await cache.get(key)).toBe('old')
    await unlink(ballast)
    expect(await cache.lease?.take(key, 'b', 60_000)).toBe(false)
    expect(await cache.lease?.commit(key, 'a', long)).toBe(true)
    expect(await cache.get(key)).toBe(long)
    await cache.close?.()
  },
)

onTinyDisk('a database that could not be created on a full disk is created when there is space', async () => {
  const path = join(disk ?? '', 'later', 'tokens.db')
  const ballast = join(disk ?? '', 'ballast')
  await fillUp(ballast)
  const cache = sqliteCache({ path })
  await expect(cache.set(key, 'one')).rejects.toMatchObject({ code: expect.stringMatching(/FULL|IOERR|ENOSPC/) })
  await unlink(ballast)
  await cache.set(key, 'one')
  expect(await cache.get(key)).toBe('one')
  await cache.close?.()
})

function mountTinyDisk(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined
  const path = mkdtempSync(join(tmpdir(), 'lingpai-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', path], { stdio: 'ignore' })
    return path
  } catch {
    rmdirSync(path)
    return undefined
  }
}

async function fillUp(path: string): Promise<void> {
  const { bavail, bsize } = await statfs(disk ?? '')
  await writeFile(path, Buffer.alloc(bavail * bsize))
}
