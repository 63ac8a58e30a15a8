import { createServer, request, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A proxy between a client and the server, which does to the event stream what some proxies do. */
export interface Proxy {
  readonly url: string
  /** Paths of all requests, in order, without their queries. */
  readonly requests: string[]
  [Symbol.asyncDispose](): Promise<void>
}

/** Opens a proxy; `events` answers in the place of the server's event stream. */
export async function proxyTo(target: string, events: RequestListener): Promise<Proxy> {
  const requests: string[] = []
  const server = createServer((incoming, outgoing) => {
    const { url = '/', method = 'GET', headers } = incoming
    requests.push(url.replace(/\?.*/, ''))
    if (url === '/v1/events') {
      events(incoming, outgoing)
      return
    }
    const onward = request(target + url, { method, headers, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
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
