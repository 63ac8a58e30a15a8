import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Clock, Timer } from '@lingpai/core'
import { createParser } from 'eventsource-parser'
import { updateInText, type AccountUpdate } from './account-update.js'

/** Options of {@link followEvents}. */
export interface StreamOptions {
  readonly url: string
  readonly key: string
  readonly clock: Clock
  /** Closes the stream. */
  readonly signal: AbortSignal
  readonly onUpdate: (update: AccountUpdate) => void
  /** Called when the server responds with an event stream. */
  readonly onOpen: () => void
}

/** Why a stream ended. `status` is set when the response was not an event stream. */
export interface StreamEnd {
  readonly why: 'ended' | 'failed' | 'silent' | 'refused' | 'stopped'
  readonly status?: number
}

/** The server sends a heartbeat every 15 s: after two missed ones, and a margin, the connection counts as dead. */
const longestSilenceMs = 40_000
const betweenChecksMs = 10_000

/**
 * Follows the server's events until the stream ends. Never rejects because of the connection; the result says why it ended.
 *
 * This is not `fetch`, because its open connection would keep the process alive: a program must be able to exit without closing
 * its client, as it can with a `TokenManager`.
 */
export function followEvents({ url, key, clock, signal, onUpdate, onOpen }: StreamOptions): Promise<StreamEnd> {
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
          const update = event === 'status' || event === 'rotated' ? updateInText(data) : undefined
          if (update !== undefined) onUpdate(update)
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

/** Uses the clock that shows more: while the machine sleeps the monotonic clock may stand still, and events are lost. */
function silenceMs(heard: Heard, clock: Clock): number {
  return Math.max(clock.monotonic() - heard.monotonic, clock.now() - heard.wall)
}

function isStream({ statusCode, headers }: IncomingMessage): boolean {
  return statusCode === 200 && (headers['content-type'] ?? '').startsWith('text/event-stream')
}
