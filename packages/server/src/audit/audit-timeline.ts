import { randomUUID } from 'node:crypto'
import type { Clock, IAccessTokenCache } from '@lingpai/core'
import type { AccountFeed } from '../accounts/account-feed.js'
import { mergeEvents, mostEvents, readStoredEvents } from './merge-events.js'
import { storeKey, type ServedAccount } from '../accounts/served-account.js'
import type { Timeline } from './timeline.js'
import { timelineEvent, type StoredEvent } from './timeline-event.js'
import { withDeadline } from '../store/with-deadline.js'

/** What the timeline needs. */
export interface AuditTimelineParts {
  readonly cache: IAccessTokenCache
  readonly clock: Clock
  readonly feed: AccountFeed
}

/** The events of one account. */
interface Page {
  readonly account: ServedAccount
  /** The cache key of the last read or write. */
  key: string | undefined
  /** As last read from the cache, newest first. */
  stored: readonly StoredEvent[]
  /** Not written yet, newest first. */
  pending: readonly StoredEvent[]
  /** The scheduled or running write. */
  writing: Promise<void> | undefined
}

/** Delay that lets events of one moment be written together. */
const batchMs = 250
/** The server that fetched a token has the more detailed event, so the other servers delay theirs. */
const adoptedMs = 2000
const retryMs = 400
const afterFailureMs = 5000
const leaseMs = 5000
const operationMs = 1000
const retentionMs = 90 * 24 * 3_600_000
const attemptsOnClose = 5
/** Reads of the cache at the same time at start-up. With more, those of many accounts would wait for each other beyond their deadline. */
const warmedAtOnce = 32

/** Stores the timeline of each account in the cache, under its own key: it survives a restart, and all servers share it. */
export function auditTimeline({ cache, clock, feed }: AuditTimelineParts): Timeline {
  // Weak, so that the pages of removed accounts can be collected once they are written.
  const pages = new WeakMap<ServedAccount['source'], Page>()
  const unwritten = new Set<Page>()
  const holder = `timeline:${randomUUID()}`
  let isClosed = false

  const pageOf = (account: ServedAccount): Page => {
    const { source } = account
    const page = pages.get(source) ?? { account, key: undefined, stored: [], pending: [], writing: undefined }
    pages.set(source, page)
    return page
  }
  const soon = async <T>(work: T | Promise<T>): Promise<T> => withDeadline(clock, operationMs, Promise.resolve(work))
  const keyOf = async (page: Page): Promise<string> => {
    const key = await soon(storeKey('timeline', page.account))
    // The source has another secret: copy the events from the old key to the new one.
    if (page.key !== undefined && page.key !== key) page.pending = mergeEvents(page.stored, page.pending)
    page.key = key
    return key
  }
  const load = async (key: string): Promise<readonly StoredEvent[]> => readStoredEvents(await soon(cache.get(key)))

  /** Writes the pending events in one step. Returns false if another server is writing. */
  const write = async (page: Page): Promise<boolean> => {
    const { lease } = cache
    const key = await keyOf(page)
    if (lease !== undefined && !(await soon(lease.take(key, holder, leaseMs)))) return false
    const { pending } = page
    const merged = mergeEvents(await load(key), pending)
    const text = JSON.stringify(merged)
    const untilMs = clock.now() + retentionMs
    if (lease === undefined) await soon(cache.set(key, text, untilMs))
    else if (!(await soon(lease.commit(key, holder, text, untilMs)))) return false
    page.stored = merged
    const written = new Set(pending)
    page.pending = page.pending.filter((event) => !written.has(event))
    return true
  }
  const plan = (page: Page, delayMs: number): void => {
    if (page.writing !== undefined || isClosed) return
    page.writing = pauseOf(clock, delayMs)
      .then(() => write(page))
      .then(
        (isWritten) => (isWritten ? batchMs : retryMs),
        () => afterFailureMs,
      )
      .then((nextMs) => {
        page.writing = undefined
        if (page.pending.length > 0) plan(page, nextMs)
        else unwritten.delete(page)
      })
  }
  const stop = feed.on(({ account, event }) => {
    const page = pageOf(account)
    page.pending = [event, ...page.pending].slice(0, mostEvents)
    unwritten.add(page)
    plan(page, event.event === 'adopted' ? adoptedMs : batchMs)
  })

  return {
    read: async (account) => {
      const page = pageOf(account)
      page.stored = await keyOf(page)
        .then(load)
        .catch(() => page.stored)
      return mergeEvents(page.stored, page.pending).map((event) => timelineEvent(account.provider, event))
    },
    lastRefresh: (account) => {
      const page = pages.get(account.source)
      const last = page?.pending.find(isRefresh) ?? page?.stored.find(isRefresh)
      return last && timelineEvent(account.provider, last)
    },
    close: async () => {
      stop()
      isClosed = true
      const finish = async (page: Page): Promise<void> => {
        for (let attempt = 0; attempt < attemptsOnClose; attempt += 1) {
          if (page.pending.length === 0 || (await write(page))) return
          await pauseOf(clock, retryMs / 4, true)
        }
      }
      await Promise.allSettled([...unwritten].map(finish))
    },
  }
}

function isRefresh({ event, ticket }: StoredEvent): boolean {
  return ticket === undefined && (event === 'refreshed' || event === 'adopted' || event === 'same-token')
}

async function pauseOf(clock: Clock, ms: number, holdsProcess = false): Promise<void> {
  return new Promise((resolve) => clock.setTimer(resolve, ms, { holdsProcess }))
}

/** Reads the timeline of each account once, so that the last refresh is known soon after a restart. @param signal stops it */
export async function warmTimeline(
  timeline: Pick<Timeline, 'read'>,
  accounts: readonly ServedAccount[],
  signal: AbortSignal,
): Promise<void> {
  // All readers take from one iterator.
  const rest = accounts.values()
  const readOn = async (): Promise<void> => {
    for (const account of rest) {
      if (signal.aborted) return
      await timeline.read(account)
    }
  }
  await Promise.all(Array.from({ length: warmedAtOnce }, readOn))
}
