import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A received request, with its body. */
export interface ReceivedRequest {
  readonly method: string
  /** Path and query, not decoded. */
  readonly url: URL
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A response of {@link startReplayServer}. */
export interface ReplayedReply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body: unknown
}

/** Starts a real HTTP server on loopback with the given responses. */
export async function startReplayServer(
  answer: (request: ReceivedRequest) => ReplayedReply,
): Promise<{ readonly origin: string; readonly close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = 'GET', url = '/', headers } = request
      const body = Buffer.concat(chunks).toString('utf8')
      const reply = answer({ method, url: new URL(url, 'http://loopback'), headers, body })
      response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers })
      response.end(JSON.stringify(reply.body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}
