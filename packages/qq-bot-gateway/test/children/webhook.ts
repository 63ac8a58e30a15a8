import { writeSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { fileCache } from '@lingpai/cache-file'
import { systemClock } from '@lingpai/core'
import { qqBotWebhook } from '../../src/webhook/index.js'

/** A webhook in its own process. Prints its port and then the id of each event, one per line. */
const { directory, acknowledge, work, appId, clientSecret, nowMs } = JSON.parse(process.argv[2] ?? '{}') as {
  readonly directory: string
  readonly acknowledge: 'received' | 'handled'
  readonly work: 'hangs' | 'ends'
  readonly appId: string
  readonly clientSecret: string
  readonly nowMs: number
}
const say = (line: unknown): void => void writeSync(1, `${String(line)}\n`)
const handle = qqBotWebhook({
  appId,
  clientSecret,
  acknowledge,
  cache: fileCache({ directory, clock: { now: () => nowMs } }),
  clock: { ...systemClock, now: () => nowMs },
  onDispatch: ({ eventId }) => {
    say(eventId)
    return work === 'hangs' ? new Promise(() => undefined) : undefined
  },
})
const server = createServer((incoming, outgoing) => {
  const headers = Object.entries(incoming.headers).map(([name, value]): [string, string] => [name, String(value)])
  const body = Readable.toWeb(incoming) as ReadableStream<Uint8Array>
  const request = new Request('http://localhost/', { method: 'POST', headers, body, duplex: 'half' })
  void handle(request).then(({ status }) => outgoing.writeHead(status).end())
})
server.listen(0, '127.0.0.1', () => say((server.address() as AddressInfo).port))
