import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it arrived. */
export interface Received {
  readonly path: string
  readonly body: string
  readonly headers: IncomingHttpHeaders
}

/** A response to send. */
export interface Scripted {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** A text is sent as it is, anything else as JSON. */
  readonly body?: unknown
}

/** A small HTTP server on loopback. */
export interface ScriptedServer {
  readonly url: string
  readonly received: Received[]
}

/** Starts servers, and closes them after each test. */
export function scriptedServers(): (respond: (request: Received) => Scripted) => Promise<ScriptedServer> {
  const closing: (() => Promise<void>)[] = []
  afterEach(() => Promise.all(closing.splice(0).map((close) => close())))
  return async (respond) => {
    const received: Received[] = []
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')))
      request.on('end', () => {
        const arrived = { path: request.url ?? '/', body, headers: request.headers }
        received.push(arrived)
        const { status = 200, headers, body: sent } = respond(arrived)
        response.writeHead(status, { 'content-type': 'application/json', ...headers })
        response.end(typeof sent === 'string' ? sent : JSON.stringify(sent))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received }
  }
}
