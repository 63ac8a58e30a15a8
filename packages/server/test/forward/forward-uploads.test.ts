import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryDirectories } from '../../../testing/test/support/temporary-directory.js'
import { failed, pythonScripts, startSdk } from '../facades/start-sdk.js'
import { json } from './api-recorder.js'
import { openUploadWorld, type UploadPlatform, type UploadWorld } from './upload-world.js'

const patienceMs = 120_000
const KiB = 1024
const MiB = 1024 * KiB
const fileBytes = 20 * MiB

/** The most that the server may keep of one upload: a few parts, each as large as a socket gives it at once. */
const mostKept = 512 * KiB

let world: UploadWorld
afterEach(() => world.close())

/** Opens a server, and stops each upload at every 5 MiB until the memory of the server was measured. */
async function openMeasured(...options: Parameters<typeof openUploadWorld>): Promise<number[]> {
  const measured: number[] = []
  world = await openUploadWorld(...options)
  world.api.respond = (_call, response) => {
    json(response, { errcode: 0, code: 0, media_id: 'm', data: { file_key: 'f' } })
  }
  world.api.respondEarly = (incoming) => {
    let arrived = 0
    let next = 5 * MiB
    incoming.on('data', (chunk: Buffer) => {
      arrived += chunk.length
      if (arrived < next) return
      next += 5 * MiB
      incoming.pause()
      void world.buffers().then((buffers) => {
        measured.push(buffers)
        incoming.resume()
      })
    })
    return false
  }
  return measured
}

/** Uploads, once to warm up, then once, then three at once; expects that the server never keeps more than a part of each. */
async function expectFlat(measured: number[], upload: (count: number) => Promise<unknown>): Promise<void> {
  await upload(1)
  const before = await world.buffers()
  measured.length = 0
  await upload(1)
  expect(measured).toHaveLength(4)
  expect(Math.max(...measured) - before).toBeLessThan(mostKept)
  await upload(3)
  expect(measured).toHaveLength(16)
  expect(Math.max(...measured) - before).toBeLessThan(3 * mostKept)
  expect((await world.buffers()) - before).toBeLessThan(64 * KiB)
  const bodies = world.api.calls.map(({ bytes }) => bytes)
  expect([bodies.length, Math.min(...bodies) >= fileBytes]).toEqual([5, true])
}

const sdks: readonly (readonly [name: string, platform: UploadPlatform])[] = [
  ['co-wechat-api', 'wechat'],
  ['node-easywechat', 'wechat'],
  ['node-sdk', 'feishu'],
  ...pythonScripts.map((name) => [name, 'wechat'] as const),
]

const directory = temporaryDirectories()

test.each(sdks)(
  'uploads of 20 MiB by %s pass through the server, which keeps no more than a part of each',
  async (name, platform) => {
    const file = join(await directory(), 'video.mp4')
    await writeFile(file, randomBytes(fileBytes))
    const measured = await openMeasured()
    const sdk = await startSdk(name)
    const place = world.place(platform)
    await expectFlat(measured, async (instances) => {
      expect(failed(await sdk.do({ open: { instances, place }, all: 'upload', file }))).toEqual([])
    })
    await sdk.end()
  },
  patienceMs,
)

/** Returns a function that uploads without an SDK, and without a length: the body comes in chunks. */
async function chunked(): Promise<(count: number) => Promise<void>> {
  const { tokens, apis, appId, secret } = world.place('wechat')
  const query = new URLSearchParams({ grant_type: 'client_credential', appid: appId, secret }).toString()
  const response = await fetch(`${tokens}/cgi-bin/token?${query}`)
  const { access_token: token } = (await response.json()) as { readonly access_token: string }
  const bytes = new Blob([randomBytes(fileBytes)])
  const upload = async (): Promise<void> => {
    const init = { method: 'POST', body: bytes.stream(), duplex: 'half' as const }
    const sent = await fetch(`${apis}/cgi-bin/media/upload?access_token=${token}`, init)
    expect(await sent.json()).toMatchObject({ errcode: 0 })
  }
  return async (count) => {
    await Promise.all(Array.from({ length: count }, upload))
  }
}

test(
  'uploads of 20 MiB in chunks pass through the server, which keeps no more than a part of each',
  async () => {
    const measured = await openMeasured()
    await expectFlat(measured, await chunked())
    expect(world.api.calls.map(({ headers }) => headers['transfer-encoding'])).toEqual(
      Array.from({ length: 5 }, () => 'chunked'),
    )
  },
  patienceMs,
)

test(
  'a server that keeps bodies of this size has the whole body in its memory, which shows that the measurement sees it',
  async () => {
    const measured = await openMeasured({ largestReplayBytes: 2 * fileBytes })
    const upload = await chunked()
    const before = await world.buffers()
    await upload(1)
    expect(Math.max(...measured) - before).toBeGreaterThan(fileBytes)
  },
  patienceMs,
)
