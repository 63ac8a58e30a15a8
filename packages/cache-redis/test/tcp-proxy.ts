import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A TCP proxy that can be slow, or a black hole: connections are taken, and nothing goes through. */
export interface TcpProxy {
  readonly url: string
  /** What arrives from now on is passed on so much later. */
  delay(ms: number): void
  /** Nothing passes from now on. */
  swallow(): void
  /** All passes again; what was swallowed is passed on, what is delayed stays delayed. */
  heal(): void
  close(): Promise<void>
}

/** Starts a proxy before a port of loopback. */
export async function startProxy(port: number): Promise<TcpProxy> {
  let delayMs = 0
  let isHole = false
  const kept: (() => void)[] = []
  const sockets = new Set<Socket>()
  const timers = new Set<NodeJS.Timeout>()
  const pass = (from: Socket, to: Socket): void => {
    from.on('data', (chunk) => {
      const write = (): void => void (to.destroyed || to.write(chunk))
      if (isHole) kept.push(write)
      else if (delayMs === 0) write()
      else {
        const timer = setTimeout(() => {
          timers.delete(timer)
          write()
        }, delayMs)
        timers.add(timer)
      }
    })
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
    from.on('error', () => undefined)
    sockets.add(from)
  }
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    pass(client, upstream)
    pass(upstream, client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    delay: (ms) => {
      delayMs = ms
    },
    swallow: () => {
      isHole = true
    },
    heal: () => {
      delayMs = 0
      isHole = false
      for (const write of kept.splice(0)) write()
    },
    close: async () => {
      for (const timer of timers) clearTimeout(timer)
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
