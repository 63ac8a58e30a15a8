import type { Clock, Logger } from '@lingpai/core'
import { sendRequest } from '@lingpai/core/internal'
import { followEvents, type StreamEnd } from './event-stream.js'
import { pauseUntilAborted } from '@lingpai/core/internal'
import type { ServerAddress } from './server-address.js'
import { updatesInList, type AccountUpdate } from './account-update.js'

/** Options of {@link watchServer}. */
export interface WatchOptions {
  readonly address: ServerAddress
  /** Gives the client key; called before each connection. */
  readonly key: () => Promise<string>
  readonly fetch: typeof globalThis.fetch
  readonly clock: Clock
  /** Numbers from 0 to 1, for jitter. */
  readonly random: () => number
  readonly logger: Logger | undefined
  readonly onUpdate: (update: AccountUpdate) => void
  /** Stops watching. */
  readonly signal: AbortSignal
}

const firstPauseMs = 500
const longestPauseMs = 30_000
/** Timeout of one request for the account list. */
const listTimeoutMs = 5000

/**
 * Watches the server for new tokens until the signal aborts: by one event stream for all accounts, and while there is none, by a
 * request for the account list before each attempt to open it again. Updates are only hints: without them the client notices a
 * replaced token when it refreshes ahead, or when an API rejects the old one.
 */
export async function watchServer(options: WatchOptions): Promise<void> {
  const { clock, random, signal, logger } = options
  for (let failures = 0; !signal.aborted;) {
    const { end, wasOpen } = await follow(options)
    if (end.why === 'stopped') return
    failures = wasOpen ? 1 : failures + 1
    // Log each interruption once, not each attempt.
    if (failures === 1) logger?.warn('lingpai: the event stream of the token server is down', { ...end })
    await readList(options)
    const pauseMs = Math.min(firstPauseMs * 2 ** Math.min(failures, 10), longestPauseMs) * (0.5 + random() / 2)
    await pauseUntilAborted(clock, pauseMs, signal)
  }
}

async function follow(options: WatchOptions): Promise<{ readonly end: StreamEnd; readonly wasOpen: boolean }> {
  const { address, clock, signal, onUpdate, logger } = options
  let wasOpen = false
  const key = await keyOf(options)
  if (key === undefined) return { end: { why: 'failed' }, wasOpen }
  const onOpen = (): void => {
    wasOpen = true
    logger?.debug('lingpai: the event stream of the token server is open')
  }
  const url = address.at('/v1/events')
  // A key that cannot be sent is reported by the next request for a token.
  const end = await followEvents({ url, key, clock, signal, onUpdate, onOpen }).catch((): StreamEnd => ({
    why: 'failed',
  }))
  return { end, wasOpen }
}

/** Returns undefined if the key cannot be fetched now; the next attempt asks again. */
async function keyOf({ key }: WatchOptions): Promise<string | undefined> {
  try {
    return (await key()).trim()
  } catch {
    return undefined
  }
}

/** Reads the account list once. A failure is ignored: the list is read again before the next attempt to open the stream. */
async function readList(options: WatchOptions): Promise<void> {
  const { address, fetch, clock, signal, onUpdate } = options
  const key = await keyOf(options)
  if (key === undefined || signal.aborted) return
  const stop = new AbortController()
  const abort = (): void => {
    stop.abort()
  }
  const timer = clock.setTimer(abort, listTimeoutMs)
  signal.addEventListener('abort', abort, { once: true })
  try {
    const headers = { accept: 'application/json', authorization: `Bearer ${key}` }
    const response = await sendRequest(fetch, address.at('/v1/accounts'), { headers, signal: stop.signal })
    const text = await response.text()
    if (response.status === 200) for (const update of updatesInList(text)) onUpdate(update)
  } catch {
    // The server is down, so the tokens in memory stay in use.
  } finally {
    timer.cancel()
    signal.removeEventListener('abort', abort)
  }
}
