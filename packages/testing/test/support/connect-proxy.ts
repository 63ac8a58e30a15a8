import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'

/** A forward proxy for CONNECT, on loopback. */
export interface ConnectProxy {
  /** `127.0.0.1:<port>` */
  readonly host: string
  /** What was asked for so far: `host:port`, and the credentials, as `user:password`. */
  readonly asked: { readonly target: string; readonly credentials: string | undefined }[]
  close(): Promise<void>
}

/** How a proxy behaves. */
export interface ConnectProxyOptions {
  /** Where a name leads; other targets are taken as they are. */
  readonly hosts?: Readonly<Record<string, string>>
  /** Lets only these in; `user:password`. */
  readonly credentials?: string
  /** Answers every CONNECT with this status. */
  readonly status?: number
}

/** Starts a proxy. */
export async function startConnectProxy({
  hosts = {},
  credentials: wanted,
  status,
}: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const asked: { target: string; credentials: string | undefined }[] = []
  const sockets = new Set<Socket>()
  const server = createServer((_, response) => response.writeHead(405).end())
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('connect', ({ url: target = '', headers }, client: Socket, head: Buffer) => {
    const basic = headers['proxy-authorization']?.replace(/^Basic /, '')
    const credentials = basic === undefined ? undefined : Buffer.from(basic, 'base64').toString()
    asked.push({ target, credentials })
    const rejection = status ?? (wanted === undefined || wanted === credentials ? undefined : 407)
    client.on('error', () => client.destroy())
    if (rejection !== undefined) {
      client.end(`HTTP/1.1 ${rejection} No\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    const [host = '', port = ''] = (hosts[target] ?? target).split(':')
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      if (head.length > 0) upstream.write(head)
      upstream.pipe(client).pipe(upstream)
    })
    upstream.on('error', () => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
