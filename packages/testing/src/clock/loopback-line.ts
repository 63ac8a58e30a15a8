import { connect, createServer, type Socket } from 'node:net'

/**
 * A connection of this process to itself. What is sent over it arrives after everything sent over the loopback device before, so its
 * echo shows that no response is still on its way, however busy the machine is.
 */
export interface LoopbackLine {
  /** Whether everything sent by `mark()` has returned. */
  readonly isClear: boolean
  mark(): void
}

/** Opens a line; it does not keep the process alive. */
export async function openLoopbackLine(): Promise<LoopbackLine> {
  const server = createServer((socket) => {
    socket
      .unref()
      .on('error', () => undefined)
      .pipe(socket)
  }).unref()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const socket = await new Promise<Socket>((resolve) => {
    const opened = connect({ port, host: '127.0.0.1', noDelay: true }, () => {
      resolve(opened)
    })
  })
  server.close()
  let sent = 0
  let received = 0
  socket
    .unref()
    .on('error', () => undefined)
    .on('data', (bytes: Buffer) => {
      received += bytes.length
    })
  return {
    get isClear() {
      return received >= sent
    },
    mark: () => {
      sent += 1
      socket.write('.')
    },
  }
}
