import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { readdir, statfs, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileCache } from '@lingpai/cache-file'
import { nameOfKey } from '../src/state.js'
import { testsNeeding } from '../../testing/test/support/where-possible.js'

const key = 'lingpai:1:wecom:app:https%3A%2F%2Fqyapi.weixin.qq.com:ww1:1000002:5d41'
const disk = mountTinyDisk()
const onTinyDisk = testsNeeding(disk === undefined ? 'the right to mount a tmpfs' : undefined)

afterAll(() => {
  if (disk === undefined) return
  execFileSync('umount', [disk])
  rmdirSync(disk)
})

onTinyDisk(
  'on a full disk writes reject with ENOSPC, the old record stays, and the cache works again when there is space',
  async () => {
    const directory = join(disk ?? '', 'cache')
    const ballast = join(disk ?? '', 'ballast')
    const cache = fileCache({ directory })
    await cache.set(key, 'old')
    await fillUp(ballast)
    const before = await readdir(join(directory, nameOfKey(key)))
    await expect(cache.set(key, 'x'.repeat(20_000))).rejects.toMatchObject({ code: 'ENOSPC' })
    await expect(cache.set('a new key', 'new')).rejects.toMatchObject({ code: 'ENOSPC' })
    await expect(cache.lease?.take(key, 'a', 1000)).rejects.toMatchObject({ code: 'ENOSPC' })
    expect(await cache.get(key)).toBe('old')
    expect(await readdir(join(directory, nameOfKey(key)))).toEqual(before)
    await unlink(ballast)
    await cache.set(key, 'new')
    expect(await cache.get(key)).toBe('new')
  },
)

onTinyDisk('on a read-only file system writes reject with EROFS, and the old record stays', async () => {
  const cache = fileCache({ directory: join(disk ?? '', 'cache') })
  await cache.set(key, 'old')
  execFileSync('mount', ['-o', 'remount,ro', disk ?? ''])
  try {
    await expect(cache.set(key, 'new')).rejects.toMatchObject({ code: 'EROFS' })
    await expect(cache.remove(key)).rejects.toMatchObject({ code: 'EROFS' })
    await expect(cache.lease?.take('a new key', 'a', 1000)).rejects.toMatchObject({ code: 'EROFS' })
    expect(await cache.get(key)).toBe('old')
  } finally {
    execFileSync('mount', ['-o', 'remount,rw', disk ?? ''])
  }
  await cache.set(key, 'new')
  expect(await cache.get(key)).toBe('new')
})

function mountTinyDisk(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined
  const path = mkdtempSync(join(tmpdir(), 'lingpai-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', path], { stdio: 'ignore' })
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
