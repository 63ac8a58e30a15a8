import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TokenSource } from '@lingpai/core'
import { testClock, type TestClock } from '@lingpai/testing'
import { QQBotSender, type QQBotMessageTarget, type QQBotSenderOptions } from '../src/sending/index.js'
import { caught, withSender } from './sending-world.js'

const user: QQBotMessageTarget = { kind: 'user', id: 'U' }
const byUrl = { type: 'video', url: 'https://example.com/large.mp4' } as const

interface UploadWorld {
  readonly sender: QQBotSender
  readonly clock: TestClock
  /** The next upload that reached the platform; the test responds to it. */
  readonly nextUpload: () => Promise<ServerResponse>
}

/** A platform that accepts messages at once and leaves uploads to the test. */
async function withUploads(
  use: (world: UploadWorld) => Promise<void>,
  options: Partial<QQBotSenderOptions> = {},
): Promise<void> {
  const server = createServer((request, response) => {
    if (request.url?.endsWith('/files') === true) server.emit('upload', response)
    else response.end('{"id":"1"}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const clock = testClock()
  const source = {
    account: { provider: 'qq-bot' },
    fetch: (path: string, init: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init),
  } as unknown as TokenSource
  const sender = new QQBotSender({ source, clock, ...options })
  const nextUpload = async (): Promise<ServerResponse> => {
    const [response] = (await once(server, 'upload')) as [ServerResponse]
    return response
  }
  try {
    await use({ sender, clock, nextUpload })
  } finally {
    sender.close()
    server.close().closeAllConnections()
    await once(server, 'close')
  }
}

test('an upload may take longer than a message, and messages to the same target do not wait for it', () =>
  withUploads(async ({ sender, clock, nextUpload }) => {
    const arrived = nextUpload()
    const upload = sender.uploadMedia(user, byUrl)
    const response = await arrived
    expect(await sender.send(user, 'meanwhile')).toMatchObject({ id: '1' })
    await clock.advance(119_000)
    response.end('{"file_info":"F","ttl":9}')
    expect(await upload).toEqual({ file_info: 'F', ttl: 9 })
    expect(clock.pendingTimers).toBe(0)
  }))

test.each<[string, Partial<QQBotSenderOptions>, { readonly timeoutMs?: number }, number]>([
  ['two minutes', {}, {}, 120_000],
  ['uploadTimeoutMs of the sender', { uploadTimeoutMs: 30_000 }, {}, 30_000],
  ['timeoutMs of the call', { uploadTimeoutMs: 30_000 }, { timeoutMs: 300_000 }, 300_000],
])('an upload times out after %s with its own hint', (_, options, call, timeoutMs) =>
  withUploads(async ({ sender, clock, nextUpload }) => {
    const arrived = nextUpload()
    const upload = caught(sender.uploadMedia(user, byUrl, call))
    await arrived
    await clock.advance(timeoutMs - 1)
    expect(clock.pendingTimers).toBe(1)
    await clock.advance(1)
    expect(await upload).toMatchObject({
      code: 'ERR_LINGPAI_TRANSPORT',
      retryable: true,
      details: { phase: 'timeout' },
      message: 'qq-bot: the platform did not respond in time; the upload may or may not have completed',
      hint: expect.stringContaining('timeoutMs') as unknown,
    })
  }, options),
)

test('hints of uploads are in Chinese if requested, and none mentions msg_seq', () =>
  withUploads(
    async ({ sender, nextUpload }) => {
      const arrived = nextUpload()
      const upload = caught(sender.uploadMedia(user, byUrl))
      ;(await arrived).writeHead(502).end('<html>')
      const error = (await upload) as { readonly hint?: string }
      expect(error.hint).toContain('重新上传')
      expect(error.hint).not.toContain('msg_seq')
    },
    { language: 'zh' },
  ))

test.each([
  ['a 504 with a code', { status: 504, body: { code: 850012, message: 'system busy' } }, true, 'upload the file again'],
  ['a 413', { status: 413, body: '<html>too large' }, false, 'pass its "url"'],
  ['a 404', { status: 404, body: '<html>' }, false, 'in front of the API'],
])('an upload rejects after %s with a matching error', (_, fault, retryable, words) =>
  withSender(async ({ simulator, sender, clock }) => {
    await clock.runUntil(sender.send(user, 'first'))
    simulator.fault({ platform: 'qq', endpoint: 'api', ...fault })
    const error = await clock.runUntil(caught(sender.uploadMedia(user, byUrl)))
    expect(error).toMatchObject({
      code: 'ERR_LINGPAI_TRANSPORT',
      retryable,
      details: { phase: 'status', status: fault.status },
      hint: expect.stringContaining(words) as unknown,
    })
  }),
)

test('an abort rejects one upload, and closing the sender rejects the others', () =>
  withUploads(async ({ sender, nextUpload }) => {
    const aborting = new AbortController()
    const first = nextUpload()
    const aborted = caught(sender.uploadMedia(user, byUrl, { signal: aborting.signal }))
    await first
    const second = nextUpload()
    const closed = caught(sender.uploadMedia(user, byUrl))
    await second
    aborting.abort(new RangeError('enough'))
    expect(await aborted).toMatchObject({ name: 'RangeError' })
    sender.close()
    expect(await closed).toMatchObject({ code: 'ERR_LINGPAI_CLOSED' })
    expect(await caught(sender.uploadMedia(user, byUrl))).toMatchObject({ code: 'ERR_LINGPAI_CLOSED' })
  }))

test.each([0, -1, Number.NaN, '9'])('an upload with the timeout %p is rejected before anything is sent', (timeoutMs) =>
  withUploads(async ({ sender }) => {
    await expect(sender.uploadMedia(user, byUrl, { timeoutMs: timeoutMs as number })).rejects.toMatchObject({
      code: 'ERR_LINGPAI_CONFIG',
      details: { field: 'timeoutMs' },
    })
  }),
)
