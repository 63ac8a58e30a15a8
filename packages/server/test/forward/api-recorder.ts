import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as the platform's API received it. */
export interface ReceivedCall {
  readonly method: string
  readonly url: string
  readonly rawHeaders: readonly string[]
  readonly headers: IncomingMessage['headers']
  readonly bytes: number
  /** The body, if it is short. */
  readonly text: string
}

/** An API of a platform that tells what arrives on the wire. */
export interface ApiRecorder {
  readonly url: string
  readonly calls: readonly ReceivedCall[]
  /** Decides the responses; by default `{}` with HTTP 200. */
  respond: (call: ReceivedCall, response: ServerResponse) => void
  /** Responds before the body has arrived, if it returns true. */
  respondEarly: (request: IncomingMessage, response: ServerResponse) => boolean
  close(): Promise<void>
}

const longestText = 4096

export async function startApiRecorder(): Promise<ApiRecorder> {
  const calls: ReceivedCall[] = []
  const server = createServer((request, response) => {
    if (recorder.respondEarly(request, response)) return
    let bytes = 0
    let text = ''
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (text.length < longestText) text += chunk.toString('latin1')
    })
    request.once('end', () => {
      const { method = '', url = '', rawHeaders, headers } = request
      const call = { method, url, rawHeaders, headers, bytes, text: text.slice(0, longestText) }
      calls.push(call)
      recorder.respond(call, response)
    })
    request.once('error', () => undefined)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const recorder: ApiRecorder = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    respond: (_call, response) => {
      json(response, {})
    },
    respondEarly: () => false,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return recorder
}

/** Sends a JSON body. */
export function json(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
