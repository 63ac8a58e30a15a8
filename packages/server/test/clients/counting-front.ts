import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A proxy in front of the server that counts requests, may hold the event stream back, and may be gone. */
export interface CountingFront {
  readonly url: string
  /** Such as `GET /v1/accounts/shop/token`, in order. */
  readonly requests: string[]
  /** What becomes of the event stream: passed on, refused, or held back with its headers sent. */
  events: 'passed' | 'refused' | 'silent'
  /** Responds to requests for tokens instead of the server. */
  instead: ((response: ServerResponse) => void) | undefined
  /** Number of requests to a path that begins like this. */
  count(start: string): number
  /** Waits until there are so many of them. */
  until(start: string, count: number): Promise<void>
  stop(): Promise<void>
  start(): Promise<void>
}

/** @param target URL of the server */
export async function countingFront(target: string): Promise<CountingFront> {
  const requests: string[] = []
  let seen: () => void = () => undefined
  let server: Server
  const handle = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { url = '/', method = 'GET', headers } = incoming
    requests.push(`${method} ${url}`)
    seen()
    if (url === '/v1/events' && front.events !== 'passed') {
      if (front.events === 'refused') outgoing.writeHead(403).end()
      else outgoing.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    } else if (front.instead !== undefined && /\/(token|rejections)(\?|$)/.test(url)) front.instead(outgoing)
    else {
      const onward = request(target + url, { method, headers, agent: false }, (response) => {
        outgoing.writeHead(response.statusCode ?? 502, response.headers)
        outgoing.flushHeaders()
        response.pipe(outgoing)
      })
      onward.on('error', () => outgoing.destroy())
      outgoing.on('close', () => onward.destroy())
      incoming.pipe(onward)
    }
  }
  const listen = async (port: number): Promise<number> => {
    server = createServer(handle)
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    return (server.address() as AddressInfo).port
  }
  const port = await listen(0)
  const count = (start: string): number => requests.filter((line) => line.startsWith(start)).length
  const front: CountingFront = {
    url: `http://127.0.0.1:${port}`,
    requests,
    events: 'passed',
    instead: undefined,
    count,
    until: async (start, wanted) => {
      while (count(start) < wanted) await new Promise<void>((resolve) => (seen = resolve))
    },
    stop: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
    start: async () => {
      await listen(port)
    },
  }
  return front
}
