import { createServer, request, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A proxy between a client and the server that interferes with the event stream. */
export interface Proxy {
  readonly url: string
  /** Paths of all requests, in order, without their queries. */
  readonly requests: string[]
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts a proxy; `events` handles requests for the event stream instead of the server. */
export async function proxyTo(target: string, events: RequestListener): Promise<Proxy> {
  const requests: string[] = []
  const server = createServer((incoming, outgoing) => {
    const { url = '/', method = 'GET', headers } = incoming
    requests.push(url.replace(/\?.*/, ''))
    if (url === '/v1/events') {
      events(incoming, outgoing)
      return
    }
    const onward = request(target + url, { method, headers, agent: false }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers)
      response.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
