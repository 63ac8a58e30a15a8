import type { Clock } from '@lingpai/core'
import type { FastifyReply } from 'fastify'

/** A response of server-sent events. */
export interface EventStream {
  send(event: string, data: object): void
  /** Ends the stream, and destroys its socket soon after if the client does not read. */
  end(): void
}

/** Heartbeats keep proxies from closing a quiet stream, and reveal a client that is gone. */
const heartbeatMs = 15_000
/** Most unread bytes of a client that does not read: the statuses of thousands of accounts. */
const mostUnreadBytes = 4 * 1024 * 1024

/** How long a client may still read after the stream ended. */
const lingerMs = 1000

/** Turns a reply into an event stream. @param onEnd called once, when nothing more can be sent */
export function openEventStream(reply: FastifyReply, clock: Clock, onEnd: () => void): EventStream {
  void reply.hijack()
  const { raw } = reply
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' }
  raw.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), ...headers })
  const write = (text: string): void => {
    if (raw.destroyed || raw.writableEnded) return
    raw.write(text)
    if (raw.writableLength > mostUnreadBytes) raw.destroy()
  }
  const heartbeat = (): void => {
    write(': \n\n')
    timer = clock.setTimer(heartbeat, heartbeatMs)
  }
  let timer = clock.setTimer(heartbeat, heartbeatMs)
  const endSoon = (): void => {
    raw.end()
    timer.cancel()
    timer = clock.setTimer(() => raw.destroy(), lingerMs)
  }
  raw.once('close', () => {
    timer.cancel()
    onEnd()
  })
  raw.on('error', () => undefined)
  write('retry: 2000\n\n')
  return {
    send: (event, data) => {
      write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    },
    end: () => {
      if (!raw.writableEnded) endSoon()
    },
  }
}
