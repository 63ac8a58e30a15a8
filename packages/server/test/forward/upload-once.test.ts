import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryDirectories } from '../../../testing/test/support/temporary-directory.js'
import { pythonScripts, startSdk, type SdkProcess } from '../facades/start-sdk.js'
import { json } from './api-recorder.js'
import { openUploadWorld, type UploadPlatform, type UploadWorld } from './upload-world.js'

const patienceMs = 120_000
const MiB = 1024 * 1024
/** Above the bound and below 10 MiB, the most that tnwx sends. */
const fileBytes = 8 * MiB

const done = { errcode: 0, code: 0, media_id: 'm', data: { file_key: 'f' } }
const rejections = {
  wechat: { status: 200, code: 42001, body: { errcode: 42001, errmsg: 'access_token expired' } },
  feishu: { status: 400, code: 99991663, body: { code: 99991663, msg: 'Invalid access token for authorization.' } },
}
const tooLarge = { errcode: 40006, code: 40006, errmsg: 'invalid media size' }

/** What a platform does before the whole body has arrived, and what the client then sees of it. */
const endings: Readonly<Record<string, readonly [act: (response: ServerResponse) => void, seen: RegExp]>> = {
  'breaks the connection': [(response) => response.destroy(), /"code":(-1|20050)\b|status code 502/],
  'stops reading': [() => undefined, /"code":(-1|20050)\b|status code 504/],
  'responds early and stops reading': [
    (response) => {
      json(response, tooLarge, 400)
    },
    /"code":40006\b|status code 400/,
  ],
}

const sdks: readonly (readonly [name: string, platform: UploadPlatform])[] = [
  ['tnwx', 'wechat'],
  ['node-sdk', 'feishu'],
  ...pythonScripts.map((name) => [name, 'wechat'] as const),
]

describe.each(sdks)('an upload above the bound by %s is sent once', (name, platform) => {
  const directory = temporaryDirectories()
  let file: string
  let world: UploadWorld
  let sdk: SdkProcess
  beforeEach(async () => {
    file = join(await directory(), 'video.mp4')
    await writeFile(file, randomBytes(fileBytes))
    world = await openUploadWorld({ timeoutMs: 2000 })
    sdk = await startSdk(name)
  })
  afterEach(async () => {
    await sdk.end()
    await world.close()
  })
  const upload = async () => {
    const [outcome] = await sdk.do({ open: { instances: 1, place: world.place(platform) }, all: 'upload', file })
    return outcome
  }

  test(
    'if its token is rejected, and the next one has another token',
    async () => {
      const uploads: string[] = []
      let revoked: string | undefined
      world.api.respond = ({ method, url, headers }, response) => {
        const token = headers.authorization ?? new URL(url, world.api.url).searchParams.get('access_token') ?? ''
        if (method === 'POST') uploads.push(token)
        if (token === revoked) json(response, rejections[platform].body, rejections[platform].status)
        else json(response, done)
      }
      expect(await upload()).toMatchObject({ ok: true })
      world.simulator.revoke(platform)
      revoked = uploads[0]
      expect(await upload()).toMatchObject({ ok: false, code: rejections[platform].code })
      expect(uploads).toHaveLength(2)
      expect(await upload()).toMatchObject({ ok: true })
      expect(uploads.map((token) => token === revoked)).toEqual([true, true, false])
      expect(world.simulator.ledger.tokenRequests()).toBe(2)
    },
    patienceMs,
  )

  test.each(Object.entries(endings))(
    'if the platform %s, and the client gets a response',
    async (_, [act, seen]) => {
      let requests = 0
      world.api.respondEarly = (incoming, response) => {
        requests += 1
        let arrived = 0
        incoming.on('data', (chunk: Buffer) => {
          arrived += chunk.length
          if (arrived < MiB) return
          incoming.pause()
          incoming.removeAllListeners('data')
          act(response)
        })
        return true
      }
      expect(JSON.stringify(await upload())).toMatch(seen)
      expect(requests).toBe(1)
    },
    patienceMs,
  )
})
