import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TokenSource } from '@lingpai/core'
import { certificate } from '../../testing/test/support/certificate.js'
import { QQBotSender } from '../src/sending/index.js'
import { caught } from './sending-world.js'

const rejected = {
  code: 'ERR_LINGPAI_TRANSPORT',
  retryable: false,
  message: 'qq-bot: the TLS certificate was rejected (DEPTH_ZERO_SELF_SIGNED_CERT); nothing was sent',
  hint: expect.stringMatching(/NODE_EXTRA_CA_CERTS.*`fetch`/) as string,
  details: { provider: 'qq-bot', phase: 'connect', systemCode: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
}

test('a self-signed certificate rejects a message or upload without a retry, and the hint names NODE_EXTRA_CA_CERTS', async () => {
  let requests = 0
  const server = createServer(certificate('self'), (_, response) => {
    requests += 1
    response.end('{}')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const source = {
    account: { provider: 'qq-bot' },
    fetch: (path: string, init: RequestInit) => fetch(`${origin}${path}`, init),
  } as unknown as TokenSource
  const sender = new QQBotSender({ source })
  const target = { kind: 'user', id: 'U' } as const
  try {
    expect(await caught(sender.send(target, 'hello'))).toMatchObject(rejected)
    expect(
      await caught(sender.uploadMedia(target, { type: 'video', url: 'https://example.com/large.mp4' })),
    ).toMatchObject(rejected)
    expect(requests).toBe(0)
  } finally {
    sender.close()
    server.close().closeAllConnections()
    await once(server, 'close')
  }
})
