import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Clock, Timer } from '@lingpai/core'
import { createParser } from 'eventsource-parser'
import { newsInText, type ServerNews } from './server-news.js'

/** How a stream is followed. */
export interface StreamOptions {
  readonly url: string
  readonly key: string
  readonly clock: Clock
  /** Ends it. */
  readonly signal: AbortSignal
  readonly onNews: (news: ServerNews) => void
  /** The server has answered with a stream. */
  readonly onOpen: () => void
}

/** How a stream ended; no error is thrown. `status` is that of an answer that was no stream. */
export interface StreamEnd {
  readonly why: 'ended' | 'failed' | 'silent' | 'refused' | 'stopped'
  readonly status?: number
}

/** The server sends a sign of life every 15 s; a line that is silent for longer than two of them and a bit is dead. */
const longestSilenceMs = 40_000
const betweenChecksMs = 10_000

/**
 * Follows the server's events until they end.
 *
 * Not by `fetch`: its open connection would keep a process alive that has nothing else to do, and a program is to end without
 * being told to whether it asks a platform or a server.
 */
export function followEvents({ url, key, clock, signal, onNews, onOpen }: StreamOptions): Promise<StreamEnd> {
  return new Promise((resolve) => {
    let check: Timer | undefined
    const send = url.startsWith('https:') ? requestHttps : requestHttp
    const request = send(url, {
      agent: false,
      headers: { accept: 'text/event-stream', authorization: `Bearer ${key}`, 'cache-control': 'no-store' },
    })
    const end = (outcome: StreamEnd): void => {
      check?.cancel()
      signal.removeEventListener('abort', stop)
      request.destroy()
      resolve(outcome)
    }
    const stop = (): void => {
      end({ why: 'stopped' })
    }
    let heardAt = momentOf(clock)
    const watchSilence = (): void => {
      check = clock.setTimer(() => {
        if (silenceMs(heardAt, clock) > longestSilenceMs) end({ why: 'silent' })
        else watchSilence()
      }, betweenChecksMs)
    }
    signal.addEventListener('abort', stop, { once: true })
    request.on('socket', (socket) => socket.unref())
    request.on('error', () => {
      end({ why: 'failed' })
    })
    request.on('response', (response) => {
      if (!isStream(response)) {
        end({ why: 'refused', ...(response.statusCode !== undefined && { status: response.statusCode }) })
        return
      }
      onOpen()
      const parser = createParser({
        onEvent: ({ event, data }) => {
          const news = event === 'status' || event === 'rotated' ? newsInText(data) : undefined
          if (news !== undefined) onNews(news)
        },
      })
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        heardAt = momentOf(clock)
        parser.feed(text)
      })
      response.on('error', () => {
        end({ why: 'failed' })
      })
      response.on('close', () => {
        end({ why: 'ended' })
      })
    })
    watchSilence()
    request.end()
    if (signal.aborted) stop()
  })
}

interface Heard {
  readonly monotonic: number
  readonly wall: number
}

function momentOf(clock: Clock): Heard {
  return { monotonic: clock.monotonic(), wall: clock.now() }
}

/** By the clock that says more: the machine may have slept, and what was sent meanwhile is lost. */
function silenceMs(heard: Heard, clock: Clock): number {
  return Math.max(clock.monotonic() - heard.monotonic, clock.now() - heard.wall)
}

function isStream({ statusCode, headers }: IncomingMessage): boolean {
  return statusCode === 200 && (headers['content-type'] ?? '').startsWith('text/event-stream')
}
