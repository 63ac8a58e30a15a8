import type { Clock, Logger } from '@lingpai/core'
import { sendRequest } from '@lingpai/core/internal'
import { followEvents, type StreamEnd } from './event-stream.js'
import { pause } from './pause.js'
import type { ServerAddress } from './server-address.js'
import { newsInList, type ServerNews } from './server-news.js'

/** What watching a server takes. */
export interface WatchOptions {
  readonly address: ServerAddress
  /** Gives the client key; asked before each connection. */
  readonly key: () => Promise<string>
  readonly fetch: typeof globalThis.fetch
  readonly clock: Clock
  /** Numbers from 0 to 1, for jitter. */
  readonly random: () => number
  readonly logger: Logger | undefined
  readonly onNews: (news: ServerNews) => void
  /** Ends it. */
  readonly signal: AbortSignal
}

const firstPauseMs = 500
const longestPauseMs = 30_000
/** One look at the list may take this long. */
const lookTimeoutMs = 5000

/**
 * Hears of other tokens for as long as the client lives: by one stream of events for all accounts, and while there is none, by
 * a look at the list of accounts before each try to open it again. All of it is a hint: without it, a token that was replaced is
 * noticed when it is asked for ahead of its end, or when an API refuses it.
 */
export async function watchServer(options: WatchOptions): Promise<void> {
  const { clock, random, signal, logger } = options
  for (let failures = 0; !signal.aborted;) {
    const { end, wasOpen } = await follow(options)
    if (end.why === 'stopped') return
    failures = wasOpen ? 1 : failures + 1
    // Said once for each time that it breaks off, not for each try.
    if (failures === 1) logger?.warn('lingpai: the event stream of the token server is down', { ...end })
    await look(options)
    const pauseMs = Math.min(firstPauseMs * 2 ** Math.min(failures, 10), longestPauseMs) * (0.5 + random() / 2)
    await pause(clock, pauseMs, signal)
  }
}

async function follow(options: WatchOptions): Promise<{ readonly end: StreamEnd; readonly wasOpen: boolean }> {
  const { address, clock, signal, onNews, logger } = options
  let wasOpen = false
  const key = await keyOf(options)
  if (key === undefined) return { end: { why: 'failed' }, wasOpen }
  const onOpen = (): void => {
    wasOpen = true
    logger?.debug('lingpai: the event stream of the token server is open')
  }
  const url = address.at('/v1/events')
  // A key that cannot be sent is told of by whoever asks for a token.
  const end = await followEvents({ url, key, clock, signal, onNews, onOpen }).catch((): StreamEnd => ({
    why: 'failed',
  }))
  return { end, wasOpen }
}

/** A vault may be down; the next try asks it again. */
async function keyOf({ key }: WatchOptions): Promise<string | undefined> {
  try {
    return (await key()).trim()
  } catch {
    return undefined
  }
}

/** One look at the list of accounts; what fails is tried again with the stream. */
async function look(options: WatchOptions): Promise<void> {
  const { address, fetch, clock, signal, onNews } = options
  const key = await keyOf(options)
  if (key === undefined || signal.aborted) return
  const stop = new AbortController()
  const abort = (): void => {
    stop.abort()
  }
  const timer = clock.setTimer(abort, lookTimeoutMs)
  signal.addEventListener('abort', abort, { once: true })
  try {
    const headers = { accept: 'application/json', authorization: `Bearer ${key}` }
    const response = await sendRequest(fetch, address.at('/v1/accounts'), { headers, signal: stop.signal })
    const text = await response.text()
    if (response.status === 200) for (const news of newsInList(text)) onNews(news)
  } catch {
    // The stream is down because the server is: what is known lives on.
  } finally {
    timer.cancel()
    signal.removeEventListener('abort', abort)
  }
}
