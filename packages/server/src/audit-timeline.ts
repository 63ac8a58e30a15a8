import { randomUUID } from 'node:crypto'
import type { Clock, IAccessTokenCache } from '@lingpai/core'
import type { AccountFeed } from './account-feed.js'
import { mergeEvents, mostEvents, readKeptEvents } from './merge-events.js'
import type { ServedAccount } from './served-account.js'
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
  const pages = new Map<string, Page>()
  const holder = `timeline:${randomUUID()}`
  let isClosed = false

  const pageOf = (name: string): Page => {
    const page = pages.get(name) ?? { kept: [], pending: [], writing: undefined }
    pages.set(name, page)
    return page
  }
  const soon = async <T>(work: T | Promise<T>): Promise<T> => withDeadline(clock, operationMs, Promise.resolve(work))
  const load = async (name: string): Promise<readonly KeptEvent[]> => readKeptEvents(await soon(cache.get(keyOf(name))))

  /** Writes what is pending as one step. `false`: another server writes just now. */
  const write = async (name: string): Promise<boolean> => {
    const page = pageOf(name)
    const { lease } = cache
    const key = keyOf(name)
    if (lease !== undefined && !(await soon(lease.take(key, holder, leaseMs)))) return false
    const { pending } = page
    const merged = mergeEvents(await load(name), pending)
    const text = JSON.stringify(merged)
    const untilMs = clock.now() + keptForMs
    if (lease === undefined) await soon(cache.set(key, text, untilMs))
    else if (!(await soon(lease.commit(key, holder, text, untilMs)))) return false
    page.kept = merged
    const written = new Set(pending)
    page.pending = page.pending.filter((event) => !written.has(event))
    return true
  }
  const plan = (name: string, delayMs: number): void => {
    const page = pageOf(name)
    if (page.writing !== undefined || isClosed) return
    page.writing = pauseOf(clock, delayMs)
      .then(() => write(name))
      .then(
        (isWritten) => (isWritten ? batchMs : againMs),
        () => afterFailureMs,
      )
      .then((nextMs) => {
        page.writing = undefined
        if (page.pending.length > 0) plan(name, nextMs)
      })
  }
  const stop = feed.on(({ account: { name }, event }) => {
    const page = pageOf(name)
    page.pending = [event, ...page.pending].slice(0, mostEvents)
    plan(name, event.event === 'adopted' ? adoptedMs : batchMs)
  })

  return {
    read: async ({ name, provider }) => {
      const page = pageOf(name)
      page.kept = await load(name).catch(() => page.kept)
      return mergeEvents(page.kept, page.pending).map((event) => timelineEvent(provider, event))
    },
    lastRefresh: ({ name, provider }) => {
      const page = pages.get(name)
      const last = page?.pending.find(isRefresh) ?? page?.kept.find(isRefresh)
      return last && timelineEvent(provider, last)
    },
    close: async () => {
      stop()
      isClosed = true
      const finish = async (name: string): Promise<void> => {
        for (let turn = 0; turn < triesAtEnd; turn += 1) {
          if (pageOf(name).pending.length === 0 || (await write(name))) return
          await pauseOf(clock, againMs / 4, true)
        }
      }
      await Promise.allSettled([...pages.keys()].map(finish))
    },
  }
}

function keyOf(name: string): string {
  return `lingpai:timeline:1:${encodeURIComponent(name.toWellFormed())}`
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
