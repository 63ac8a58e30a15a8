import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'

/** Headers of the upgrade. */
const upgradeHeaders = ['connection', 'upgrade', 'http2-settings']

/**
 * Serves a request without its upgrade: a server that does not support the other protocol ignores the header (RFC 9110, 7.8), and the
 * JDK's client sends `Upgrade: h2c` with each first request. Node.js drops such a connection if the server has an `upgrade` listener,
 * so the request is emitted again without those headers.
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
