import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A reverse proxy as in the docs: token and ticket requests go to the server, all others to the platform. */
export interface FrontProxy {
  readonly url: string
  close(): void
}

/** @param tokens URL of the server @param platform URL of the platform with its path prefix */
export async function startFrontProxy(tokens: string, platform: string): Promise<FrontProxy> {
  const server = createServer((request, response) => {
    const { method, headers, url = '/' } = request
    const isOurs = /^\/cgi-bin\/(token|stable_token|ticket\/getticket)(\?|$)/.test(url)
    const upstream = httpRequest((isOurs ? tokens : platform) + url, { method, headers }, (answered) => {
      response.writeHead(answered.statusCode ?? 502, answered.headers)
      answered.pipe(response)
    })
    upstream.on('error', () => response.writeHead(502).end())
    request.pipe(upstream)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
