import { randomUUID } from 'node:crypto'
import type { Clock, IAccessTokenCache } from '@lingpai/core'
import type { AccountFeed } from './account-feed.js'
import { mergeEvents, mostEvents, readKeptEvents } from './merge-events.js'
import { storeKey, type ServedAccount } from './served-account.js'
import type { Timeline } from './timeline.js'
import { timelineEvent, type KeptEvent } from './timeline-event.js'
import { withDeadline } from './with-deadline.js'

/** What the timeline stands on. */
export interface AuditTimelineParts {
  readonly cache: IAccessTokenCache
  readonly clock: Clock
  readonly feed: AccountFeed
}

/** What of one account is known here. */
interface Page {
  readonly account: ServedAccount
  /** Under which key it was last read or written. */
  key: string | undefined
  /** As last seen in the cache, newest first. */
  kept: readonly KeptEvent[]
  /** Not written yet, newest first. */
  pending: readonly KeptEvent[]
  /** The write that is planned or under way. */
  writing: Promise<void> | undefined
}

/** Events that come together are written together. */
const batchMs = 250
/** Whoever fetched the token tells more of it than one who found it, so the finder lets him write first. */
const adoptedMs = 2000
const againMs = 400
const afterFailureMs = 5000
const leaseMs = 5000
const operationMs = 1000
const keptForMs = 90 * 24 * 3_600_000
const triesAtEnd = 5

/** The timeline of each account in the cache, under a key of its own, so that it outlives the server and is one for all servers. */
export function auditTimeline({ cache, clock, feed }: AuditTimelineParts): Timeline {
  // Accounts that are gone take their pages along, once they are written.
  const pages = new WeakMap<ServedAccount['source'], Page>()
  const unwritten = new Set<Page>()
  const holder = `timeline:${randomUUID()}`
  let isClosed = false

  const pageOf = (account: ServedAccount): Page => {
    const { source } = account
    const page = pages.get(source) ?? { account, key: undefined, kept: [], pending: [], writing: undefined }
    pages.set(source, page)
    return page
  }
  const soon = async <T>(work: T | Promise<T>): Promise<T> => withDeadline(clock, operationMs, Promise.resolve(work))
  const keyOf = async (page: Page): Promise<string> => {
    const key = await soon(storeKey('timeline', page.account))
    // Another secret of the same source: what happened under the old one goes on under the new.
    if (page.key !== undefined && page.key !== key) page.pending = mergeEvents(page.kept, page.pending)
    page.key = key
    return key
  }
  const load = async (key: string): Promise<readonly KeptEvent[]> => readKeptEvents(await soon(cache.get(key)))

  /** Writes what is pending as one step. `false`: another server writes just now. */
  const write = async (page: Page): Promise<boolean> => {
    const { lease } = cache
    const key = await keyOf(page)
    if (lease !== undefined && !(await soon(lease.take(key, holder, leaseMs)))) return false
    const { pending } = page
    const merged = mergeEvents(await load(key), pending)
    const text = JSON.stringify(merged)
    const untilMs = clock.now() + keptForMs
    if (lease === undefined) await soon(cache.set(key, text, untilMs))
    else if (!(await soon(lease.commit(key, holder, text, untilMs)))) return false
    page.kept = merged
    const written = new Set(pending)
    page.pending = page.pending.filter((event) => !written.has(event))
    return true
  }
  const plan = (page: Page, delayMs: number): void => {
    if (page.writing !== undefined || isClosed) return
    page.writing = pauseOf(clock, delayMs)
      .then(() => write(page))
      .then(
        (isWritten) => (isWritten ? batchMs : againMs),
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
      page.kept = await keyOf(page)
        .then(load)
        .catch(() => page.kept)
      return mergeEvents(page.kept, page.pending).map((event) => timelineEvent(account.provider, event))
    },
    lastRefresh: (account) => {
      const page = pages.get(account.source)
      const last = page?.pending.find(isRefresh) ?? page?.kept.find(isRefresh)
      return last && timelineEvent(account.provider, last)
    },
    close: async () => {
      stop()
      isClosed = true
      const finish = async (page: Page): Promise<void> => {
        for (let turn = 0; turn < triesAtEnd; turn += 1) {
          if (page.pending.length === 0 || (await write(page))) return
          await pauseOf(clock, againMs / 4, true)
        }
      }
      await Promise.allSettled([...unwritten].map(finish))
    },
  }
}

function isRefresh({ event, ticket }: KeptEvent): boolean {
  return ticket === undefined && (event === 'refreshed' || event === 'adopted' || event === 'same-token')
}

async function pauseOf(clock: Clock, ms: number, holdsProcess = false): Promise<void> {
  return new Promise((resolve) => clock.setTimer(resolve, ms, { holdsProcess }))
}

/** Which accounts' last refresh is asked for before anything happened: read once, so that a restart shows it. */
export async function warmTimeline(timeline: Timeline, accounts: readonly ServedAccount[]): Promise<void> {
  await Promise.allSettled(accounts.map((account) => timeline.read(account)))
}
