import type { Clock } from '@lingpai/core'
import type { FastifyReply } from 'fastify'

/** A response of server-sent events. */
export interface EventStream {
  send(event: string, data: object): void
  /** Sends one event for each item, no faster than the client reads. Ends the stream if `dataOf` throws. */
  sendEach<T>(event: string, items: readonly T[], dataOf: (item: T) => object): void
  /** Ends the stream, and destroys its socket soon after if the client does not read. */
  end(): void
}

/** Heartbeats keep proxies from closing a quiet stream, and reveal a client that is gone. */
const heartbeatMs = 15_000
/** Most unread bytes of a client that does not read. */
const mostUnreadBytes = 4 * 1024 * 1024

/** How much `sendEach` writes at once. */
const batchCharacters = 32_768

/** How long a client may still read after the stream ended. */
const lingerMs = 1000

/** Turns a reply into an event stream. @param onEnd called once, when nothing more can be sent */
export function openEventStream(reply: FastifyReply, clock: Clock, onEnd: () => void): EventStream {
  void reply.hijack()
  const { raw } = reply
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' }
  raw.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), ...headers })
  const isOver = (): boolean => raw.destroyed || raw.writableEnded
  const write = (text: string, onWritten?: () => void): void => {
    if (isOver()) return
    raw.write(text, onWritten)
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
  const writeEach = (texts: Iterator<string>): void => {
    let text = ''
    try {
      for (let next = texts.next(); next.done !== true; next = texts.next()) {
        text += next.value
        if (text.length < batchCharacters) continue
        // Also when the client is fast, other requests get their turn.
        write(text, () =>
          clock.setTimer(() => {
            writeEach(texts)
          }, 0),
        )
        return
      }
      write(text)
    } catch {
      // The program's own account failed. The client connects again.
      endSoon()
    }
  }
  return {
    send: (event, data) => {
      write(textOf(event, data))
    },
    sendEach: (event, items, dataOf) => {
      writeEach(textsOf(event, items, dataOf))
    },
    end: () => {
      if (!raw.writableEnded) endSoon()
    },
  }
}

function textOf(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

function* textsOf<T>(event: string, items: readonly T[], dataOf: (item: T) => object): Generator<string> {
  for (const item of items) yield textOf(event, dataOf(item))
}
