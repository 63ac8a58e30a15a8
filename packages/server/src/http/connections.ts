import type { Socket } from 'node:net'
import { systemClock, type Timer } from '@lingpai/core'
import type { FastifyInstance } from 'fastify'

const lookMs = 20
/** A client in use sends its next request within this time after the shutdown began. */
const idleMs = 500

/** The connections of one server, from the first byte to the shutdown. */
export interface Connections {
  /** Closes the server within the drain time, even if clients keep their connections. */
  close(): Promise<void>
}

/** Options of {@link boundConnections}. */
export interface ConnectionsParts {
  readonly app: FastifyInstance
  /** How long clients have to receive their last responses, milliseconds. */
  readonly drainMs: number
  /** Most connections of all clients together; further ones are closed on arrival. @default 10 000 */
  readonly mostConnections?: number
}

/** Limits the connections of a server that does not listen yet. */
export function boundConnections({ app, drainMs, mostConnections = 10_000 }: ConnectionsParts): Connections {
  const { server } = app
  // Includes connections that have not finished their TLS handshake, which Node's own list omits until the first HTTP byte.
  const sockets = new Set<Socket>()
  server.maxConnections = mostConnections
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  // A full server closes idle connections to make room.
  server.on('drop', () => {
    server.closeIdleConnections()
  })
  return {
    close: async () => {
      // Sockets use real time, even if tokens use a test clock.
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
 * Delays the closing of idle connections. Node closes them as soon as the server closes, which resets clients whose next request is on
 * its way. A client in use sends that request within a moment, and its response says `connection: close`.
 *
 * @returns closes the connections that are still idle
 */
function holdIdle({ server }: FastifyInstance): () => void {
  const closeIdle = server.closeIdleConnections.bind(server)
  server.closeIdleConnections = () => undefined
  return closeIdle
}
