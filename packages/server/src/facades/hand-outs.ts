import type { Clock, IAccessTokenCache } from '@lingpai/core'
import { storeKey, type ServedAccount } from '../accounts/served-account.js'
import type { StoreClock } from '../store/store-clock.js'
import { withDeadline } from '../store/with-deadline.js'

/**
 * A client stores a token for the reported lifetime. If it comes back earlier it has lost the token, polls, or the platform rejected
 * the token: that is a suspicion, no matter how long ago it came. Entries with a shorter lifetime are remembered for this long.
 */
const leastMemoryMs = 60_000

/** Longest wait for the store. What it knows is only a hint, so a slow store must not delay the client. */
const storeMs = 250

/** What each facade client received last, from this server or from another on the same cache. */
export interface HandOuts {
  /** Returns the token that this client should still have. Never rejects. */
  last(account: ServedAccount, client: string): Promise<LastHandOut | undefined>
  /** Records that a client received a token. */
  note(account: ServedAccount, client: string, given: GivenToken): void
}

/** A token that a client received. */
export interface GivenToken {
  readonly generation: number
  /** The lifetime that was reported to the client. */
  readonly reportedSeconds: number
  /** Number of the account's probes that had begun by then. */
  readonly probes: number
}

/** What is known about a client's last token. */
export interface LastHandOut {
  readonly generation: number
  /** Absent if another server handed it out. */
  readonly here?: { readonly monotonicMs: number; readonly probes: number }
}

/** What the memory of hand-outs needs. */
export interface HandOutsParts {
  readonly cache: IAccessTokenCache
  readonly clock: Clock
  readonly time: Pick<StoreClock, 'nowMs'>
}

interface HandOut {
  readonly generation: number
  /** On the clock of the records, Unix milliseconds. */
  readonly untilMs: number
}

interface OwnHandOut extends HandOut {
  readonly here: { readonly monotonicMs: number; readonly probes: number }
}

/** Remembers one entry for each account and client. Reads the cache only for a client that did not receive this token here. */
export function handOuts({ cache, clock, time }: HandOutsParts): HandOuts {
  // Weak, so that the entries of removed accounts can be collected.
  const memory = new WeakMap<ServedAccount['source'], Map<string, OwnHandOut>>()
  const isShared = (cache.reach ?? 'process') !== 'process'
  const own = (account: ServedAccount, client: string): OwnHandOut | undefined =>
    stillHeld(memory.get(account.source)?.get(client), time.nowMs())
  const soon = async <T>(work: () => T | PromiseLike<T>): Promise<T | undefined> =>
    withDeadline(clock, storeMs, Promise.resolve().then(work)).catch(() => undefined)

  return {
    last: async (account, client) => {
      const known = own(account, client)
      if (!isShared || (known !== undefined && known.generation === account.source.status().generation)) {
        return known
      }
      const text = await soon(async () => cache.get(await storeKey('handed', account, client)))
      const shared = stillHeld(readHandOut(text), time.nowMs())
      if (known === undefined || shared === undefined) return known ?? shared
      return known.generation < shared.generation ? shared : known
    },
    note: (account, client, { generation, reportedSeconds, probes }) => {
      const untilMs = Math.round(time.nowMs()) + Math.max(reportedSeconds * 1000, leastMemoryMs)
      const isNew = own(account, client)?.generation !== generation
      const here = { monotonicMs: clock.monotonic(), probes }
      const byClient = memory.get(account.source) ?? new Map<string, OwnHandOut>()
      memory.set(account.source, byClient.set(client, { generation, untilMs, here }))
      if (!isShared || !isNew) return
      const text = JSON.stringify({ generation, untilMs } satisfies HandOut)
      void soon(async () => cache.set(await storeKey('handed', account, client), text, untilMs))
    },
  }
}

function stillHeld<Held extends HandOut>(handed: Held | undefined, nowMs: number): Held | undefined {
  return handed !== undefined && nowMs < handed.untilMs ? handed : undefined
}

/** Parses an entry of the shared cache. Returns undefined if it is malformed. */
function readHandOut(text: string | null | undefined): HandOut | undefined {
  try {
    const { generation, untilMs } = Object(JSON.parse(text ?? '')) as Partial<Record<keyof HandOut, unknown>>
    const isWhole = Number.isSafeInteger(generation) && Number.isFinite(untilMs)
    return isWhole ? { generation: generation as number, untilMs: untilMs as number } : undefined
  } catch {
    return undefined
  }
}
