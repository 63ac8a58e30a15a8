import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { IAccessTokenCache } from '@lingpai/core'
import { fileCache } from '@lingpai/cache-file'
import { errorOf, reply, scriptedPlatform, toyAccount, type ScriptedPlatform } from './scripted-platform.js'

let platform: ScriptedPlatform
let directory: string
beforeEach(async () => {
  platform = await scriptedPlatform()
  directory = await mkdtemp(join(tmpdir(), 'lingpai-'))
})
afterEach(async () => {
  await platform.close()
  await rm(directory, { recursive: true, force: true })
})

/** A new instance of the file cache, as another process has, and the keys that are read from it. */
function openCache(): { readonly cache: IAccessTokenCache; readonly reads: string[] } {
  const cache = fileCache({ directory, clock: platform.clock })
  const reads: string[] = []
  const get: IAccessTokenCache['get'] = (key) => {
    reads.push(key)
    return cache.get(key)
  }
  return { cache: { ...cache, get }, reads }
}

const limit = { details: { platformCode: 45011 } }
const failWithLimit = (): void => {
  platform.answer(reply({ errcode: 45011, errmsg: 'no' }))
}

test('a refresh that gets the lease at once reads the failure that processes share once', async () => {
  const { cache, reads } = openCache()
  await platform.clock.runUntil(platform.source(platform.manager({ cache })).getAccessToken())
  expect(reads.filter((key) => key.endsWith(':failure'))).toHaveLength(1)
})

test('a request that fails while another process waits for its lease fails both', async () => {
  failWithLimit()
  const calls = [openCache(), openCache()].map(({ cache }) =>
    platform.source(platform.manager({ cache })).getAccessToken(),
  )
  const outcomes = await platform.clock.runUntil(Promise.allSettled(calls))
  for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: limit })
  expect(platform.requests()).toBe(1)
})

test('a read-only source, which takes no lease, fails with the failure that processes share', async () => {
  failWithLimit()
  const { clock, provider } = platform
  const writer = platform.source(platform.manager({ cache: openCache().cache }))
  await errorOf(clock.runUntil(writer.getAccessToken()))
  const reader = platform.manager({ cache: openCache().cache }).source(provider, toyAccount, { readonly: true })
  expect(await errorOf(clock.runUntil(reader.getAccessToken()))).toMatchObject(limit)
})
