import type { Socket } from 'node:net'
import { systemClock, type Timer } from '@lingpai/core'
import type { FastifyInstance } from 'fastify'

const lookMs = 20
/** A client in use sends its next request within this time of the end. */
const idleMs = 500

/** The connections of one server, from the first byte to the end. */
export interface Connections {
  /** Ends the server within the drain time, whatever its clients do. */
  close(): Promise<void>
}

/** What is bounded. */
export interface ConnectionsParts {
  readonly app: FastifyInstance
  /** How long clients have to take their last responses, milliseconds. */
  readonly drainMs: number
  /** Connections of all clients together; more are closed as they come. @default 10 000 */
  readonly mostConnections?: number
}

/** Bounds the connections of a server that does not listen yet. */
export function boundConnections({ app, drainMs, mostConnections = 10_000 }: ConnectionsParts): Connections {
  const { server } = app
  // All of them, also those that have not finished a TLS handshake: Node's own list begins with the first HTTP byte.
  const sockets = new Set<Socket>()
  server.maxConnections = mostConnections
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  // A full server gives up the connections that nobody uses.
  server.on('drop', () => {
    server.closeIdleConnections()
  })
  return {
    close: async () => {
      // Sockets live in real time, whatever clock the tokens are on.
      const clock = systemClock
      const closeIdle = holdIdle(app)
      const idleAtMs = clock.monotonic() + Math.min(idleMs, drainMs / 4)
      const endAtMs = clock.monotonic() + drainMs
      let timer: Timer | undefined
      const look = (): void => {
        const nowMs = clock.monotonic()
        if (nowMs >= endAtMs) for (const socket of sockets) socket.destroy()
        else if (nowMs >= idleAtMs) closeIdle()
        timer = clock.setTimer(look, lookMs, { holdsProcess: true })
      }
      const closed = app.close()
      look()
      await closed.finally(() => {
        timer?.cancel()
      })
    },
  }
}

/**
 * Node closes idle connections as soon as the server closes, and resets the client whose next request is on its way. A client in
 * use sends it within a moment, and its response says `connection: close`.
 *
 * @returns Closes those that are idle still.
 */
function holdIdle({ server }: FastifyInstance): () => void {
  const closeIdle = server.closeIdleConnections.bind(server)
  server.closeIdleConnections = () => undefined
  return closeIdle
}
