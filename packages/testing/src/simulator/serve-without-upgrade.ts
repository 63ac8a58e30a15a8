import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'

/** What belongs to the upgrade alone. */
const upgradeHeaders = ['connection', 'upgrade', 'http2-settings']

/**
 * Serves a request as if it had asked for no upgrade: a server that does not speak the other protocol ignores the header (RFC 9110,
 * 7.8), and the JDK's client sends `Upgrade: h2c` with each first request. Node gives up such a connection as soon as anybody
 * listens to `upgrade`, so it is handed in again without those headers.
 */
export function serveWithoutUpgrade(server: Server, request: IncomingMessage, socket: Socket, head: Buffer): void {
  const { method = 'GET', url = '/', httpVersion, rawHeaders } = request
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = rawHeaders.slice(i, i + 2)
    if (!upgradeHeaders.includes(name.toLowerCase())) lines.push(`${name}: ${value}`)
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
  server.emit('connection', socket)
}
