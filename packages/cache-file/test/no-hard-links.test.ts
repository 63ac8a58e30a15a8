import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileCache } from '@lingpai/cache-file'
import { nameOfKey } from '../src/state.js'
import { bundled } from '../../testing/test/support/bundle.js'
import { startProgram } from '../../testing/test/support/child.js'
import { noLinkCodes, withFailingLink } from '../../testing/test/support/failing-link.js'
import { temporaryDirectories } from '../../testing/test/support/temporary-directory.js'

// Simulates file systems without hard links, such as those of Termux, exFAT, vboxsf, virtiofs and SMB.
const temporaryDirectory = temporaryDirectories()
const suite = bundled(new URL('conformance-child.ts', import.meta.url))
const worker = bundled(new URL('worker.ts', import.meta.url))
const key = 'lingpai:1:wechat-mp:app:https%3A%2F%2Fapi.weixin.qq.com:wx1:5d41'

describe.each(noLinkCodes)('where a hard link fails with %s', (code) => {
  const options = withFailingLink(code)

  test('the cache passes the conformance suite', async () => {
    const lines = await startProgram({ file: await suite, options }).lines()
    expect(lines.length).toBeGreaterThan(40)
    expect(lines.filter((line) => !line.startsWith('passed '))).toEqual([])
  }, 60_000)
})

describe.each(['EPERM', 'ENOTSUP'])('where a hard link fails with %s', (code) => {
  const options = withFailingLink(code)

  test('8 processes hold the lease one at a time, and no commit is lost or repeated', async () => {
    const directory = await temporaryDirectory()
    const limit = 40
    const file = await worker
    const workers = Array.from({ length: 8 }, (_, index) =>
      // One process may create links, as after a remount: states of both forms must exclude each other.
      startProgram({
        file,
        options: index === 0 ? [] : options,
        args: ['count', directory, key, String(limit), `worker-${String(index)}`],
      }),
    )
    for (const each of workers) expect(await each.line()).toBe('ready')
    for (const each of workers) each.tell('go')
    const lines = (await Promise.all(workers.map((each) => each.lines()))).flat()
    await Promise.all(workers.map((each) => each.ended))
    expect(workers.map((each) => each.process.exitCode)).toEqual(workers.map(() => 0))
    expect(lines.filter((line) => !/^(committed|denied) \d+$/.test(line))).toEqual([])
    const committed = lines.filter((line) => line.startsWith('committed '))
    expect(new Set(committed).size).toBe(committed.length)
    expect(new Set(lines.map((line) => line.split(' ')[1])).size).toBe(lines.length)
    expect(lines.length).toBe(Number((await fileCache({ directory }).get(key))?.split(':')[0]))
    expect(lines.length).toBeGreaterThanOrEqual(limit)
  }, 60_000)
})

test('the stored files are private and tidy, and a process with hard links can read them', async () => {
  const directory = await temporaryDirectory()
  const child = startProgram({
    file: await worker,
    options: withFailingLink('EPERM'),
    args: ['setThrice', directory, key],
  })
  await child.ended
  const entry = join(directory, nameOfKey(key))
  expect((await readdir(entry, { recursive: true })).sort()).toEqual([
    '2.json',
    '2.json/state',
    '3.json',
    '3.json/state',
  ])
  expect((await stat(join(entry, '3.json/state'))).mode & 0o777).toBe(0o600)
  const cache = fileCache({ directory })
  expect(await cache.get(key)).toBe('three')
  for (const value of ['four', 'five']) await cache.set(key, value)
  expect((await readdir(entry, { recursive: true })).sort()).toEqual(['4.json', '5.json'])
})
