import { appendFile, mkdir, open, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { jest } from '@jest/globals'
import { fileCache } from '@lingpai/cache-file'
import type { CacheChange, IAccessTokenCache } from '@lingpai/core'
import { logChange, loggedChanges, watchLog } from '../src/change-log.js'
import { temporaryDirectories } from '../../testing/test/support/temporary-directory.js'

const temporaryDirectory = temporaryDirectories()
const record = JSON.stringify({ access_token: 'secret-value', generation: 7 })

test('each look gives the writes since the one before, without their values', async () => {
  const root = await temporaryDirectory()
  const look = loggedChanges(root)
  expect(await look()).toEqual([])
  await logChange(root, 'a', record)
  await logChange(root, 'b', 'no record')
  expect(await look()).toEqual([{ key: 'a', generation: 7 }, { key: 'b' }])
  expect(await look()).toEqual([])
  await logChange(root, 'a', record)
  expect(await look()).toEqual([{ key: 'a', generation: 7 }])
  expect(await readFile(join(root, 'changes'), 'utf8')).not.toContain('secret-value')
})

test('a line is given once it is whole, and a malformed one is skipped', async () => {
  const root = await temporaryDirectory()
  const look = loggedChanges(root)
  const log = join(root, 'changes')
  await writeFile(log, '{"key":"a"}\n..\n{"generation":1}\n{"key":"b"')
  expect(await look()).toEqual([{ key: 'a' }])
  await appendFile(log, '}\n')
  expect(await look()).toEqual([{ key: 'b' }])
})

test('a log that began again is read from its beginning', async () => {
  const root = await temporaryDirectory()
  const look = loggedChanges(root)
  await logChange(root, 'first', record)
  await logChange(root, 'second', record)
  await look()
  await truncate(join(root, 'changes'))
  await logChange(root, 'third', record)
  expect(await look()).toEqual([{ key: 'third', generation: 7 }])
  await rm(join(root, 'changes'))
  for (const key of ['fourth', 'fifth', 'sixth']) await logChange(root, key, record)
  expect((await look()).map(({ key }) => key)).toContain('sixth')
})

test('a log stays small', async () => {
  const root = await temporaryDirectory()
  const log = join(root, 'changes')
  await writeFile(log, 'x'.repeat(64 * 1024))
  await logChange(root, 'a', record)
  expect(await readFile(log, 'utf8')).toBe('{"key":"a","generation":7}\n')
})

test('a log begins again where a file that is open for appending cannot be shortened, as on Windows', async () => {
  const root = await temporaryDirectory()
  const log = join(root, 'changes')
  await writeFile(log, 'x'.repeat(64 * 1024))
  const file = await open(log)
  const refused = Object.assign(new Error('EPERM: operation not permitted, ftruncate'), { code: 'EPERM' })
  jest.spyOn(Object.getPrototypeOf(file) as typeof file, 'truncate').mockRejectedValue(refused)
  await file.close()
  await logChange(root, 'a', record)
  jest.restoreAllMocks()
  expect(await readFile(log, 'utf8')).toBe('{"key":"a","generation":7}\n')
})

test('a log that is a link or a directory is neither read nor followed', async () => {
  const root = await temporaryDirectory()
  const other = join(await temporaryDirectory(), 'other')
  await writeFile(other, '{"key":"a"}\n')
  await symlink(other, join(root, 'changes'))
  await logChange(root, 'b', record)
  expect(await loggedChanges(root)()).toEqual([])
  expect(await readFile(other, 'utf8')).toBe('{"key":"a"}\n')
  await rm(join(root, 'changes'))
  await mkdir(join(root, 'changes'))
  await logChange(root, 'b', record)
  expect(await loggedChanges(root)()).toEqual([])
})

describe('with a timer that never fires', () => {
  beforeEach(() => {
    // All that hears of a write is the watch.
    jest.spyOn(globalThis, 'setTimeout').mockImplementation((() => ({ unref: () => undefined })) as never)
  })
  afterEach(() => {
    jest.restoreAllMocks()
  })

  test('a subscriber hears of the write of another process at once', async () => {
    const directory = await temporaryDirectory()
    const cache = fileCache({ directory })
    const heard = nextChange(cache)
    await fileCache({ directory }).set('a', record)
    expect(await heard).toEqual({ key: 'a', generation: 7 })
    await cache.close?.()
  })

  test('a watch wakes for the log, and not for the entries beside it', async () => {
    const root = await temporaryDirectory()
    const watch = watchLog(root)
    let wakes = 0
    const woken = new Promise<void>((resolve) => {
      watch.begin(() => {
        wakes += 1
        resolve()
      })
    })
    for (const name of ['1', '2', '3', '4', '5']) await mkdir(join(root, name))
    await logChange(root, 'a', record)
    await woken
    watch.end()
    // The system reports the new file and its first line.
    expect(wakes).toBeLessThanOrEqual(2)
  })

  test('a watch ends with its directory, and can begin again once there is another one', async () => {
    const root = await temporaryDirectory()
    const watch = watchLog(root)
    watch.begin(() => undefined)
    await rm(root, { recursive: true })
    await mkdir(root)
    const state = { isWoken: false }
    while (!state.isWoken) {
      watch.begin(() => {
        state.isWoken = true
      })
      await logChange(root, 'a', record)
      await new Promise(setImmediate)
    }
    watch.end()
  })

  test('a directory that is missing cannot be watched, and that is not an error', async () => {
    const watch = watchLog(join(await temporaryDirectory(), 'missing'))
    watch.begin(() => undefined)
    watch.end()
  })
})

function nextChange(cache: IAccessTokenCache): Promise<CacheChange> {
  return new Promise((resolve) => cache.subscribe?.(resolve))
}
