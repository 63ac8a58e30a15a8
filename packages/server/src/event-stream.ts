import type { Clock } from '@lingpai/core'
import type { FastifyReply } from 'fastify'

/** A reply of server-sent events. */
export interface EventStream {
  send(event: string, data: object): void
  /** Ends it in good order, and soon after without: the client may not read. */
  end(): void
}

/** Beats keep proxies from closing a quiet stream, and show that the peer is gone. */
const beatMs = 15_000
/** What may lie about for a client that does not read, bytes: the statuses of thousands of accounts. */
const mostUnread = 4 * 1024 * 1024

/** What a client may still read of a stream that has ended. */
const lastWordsMs = 1000

/** Takes the reply over. @param onEnd is called once, when nothing more can be sent */
export function openEventStream(reply: FastifyReply, clock: Clock, onEnd: () => void): EventStream {
  void reply.hijack()
  const { raw } = reply
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' }
  raw.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), ...headers })
  const write = (text: string): void => {
    if (raw.destroyed || raw.writableEnded) return
    raw.write(text)
    if (raw.writableLength > mostUnread) raw.destroy()
  }
  const beat = (): void => {
    write(': \n\n')
    timer = clock.setTimer(beat, beatMs)
  }
  let timer = clock.setTimer(beat, beatMs)
  const endSoon = (): void => {
    raw.end()
    timer.cancel()
    timer = clock.setTimer(() => raw.destroy(), lastWordsMs)
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
