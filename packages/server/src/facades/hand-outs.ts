import type { Clock, IAccessTokenCache } from '@lingpai/core'
import { storeKey, type ServedAccount } from '../served-account.js'
import type { SharedTime } from '../shared-time.js'
import { withDeadline } from '../with-deadline.js'

/**
 * A client keeps a token for as long as it was told. One that is back before has lost it, polls, or was refused by the
 * platform: a suspicion, however long ago it was here. Tokens told to live less than this are asked for again too soon to
 * be forgotten in between.
 */
const leastMemoryMs = 60_000

/** A store that is slow keeps no client waiting for longer; what it would have told is a hint. */
const storeMs = 250

/** What the clients of the facades were given last, by this server or by another on the same cache. */
export interface HandOuts {
  /** What this client should still have. Never fails. */
  last(account: ServedAccount, client: string): Promise<LastHandOut | undefined>
  /** A client was given a token. */
  note(account: ServedAccount, client: string, given: GivenToken): void
}

/** A token that a client was given. */
export interface GivenToken {
  readonly generation: number
  /** The life that the client was told. */
  readonly toldSeconds: number
  /** How many probes of the account had begun. */
  readonly probes: number
}

/** What is known about the last token of a client. */
export interface LastHandOut {
  readonly generation: number
  /** Absent if another server handed it out. */
  readonly here?: { readonly monotonicMs: number; readonly probes: number }
}

/** What a hand-outs memory stands on. */
export interface HandOutsParts {
  readonly cache: IAccessTokenCache
  readonly clock: Clock
  readonly time: Pick<SharedTime, 'nowMs'>
}

interface HandOut {
  readonly generation: number
  /** On the clock of the records, Unix milliseconds. */
  readonly untilMs: number
}

interface OwnHandOut extends HandOut {
  readonly here: { readonly monotonicMs: number; readonly probes: number }
}

/** A memory of one entry for each account and client; only a client that has not been here with this token costs a look at the cache. */
export function handOuts({ cache, clock, time }: HandOutsParts): HandOuts {
  // Accounts that are gone take their entries along.
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
    note: (account, client, { generation, toldSeconds, probes }) => {
      const untilMs = Math.round(time.nowMs()) + Math.max(toldSeconds * 1000, leastMemoryMs)
      const isNews = own(account, client)?.generation !== generation
      const here = { monotonicMs: clock.monotonic(), probes }
      const byClient = memory.get(account.source) ?? new Map<string, OwnHandOut>()
      memory.set(account.source, byClient.set(client, { generation, untilMs, here }))
      if (!isShared || !isNews) return
      const text = JSON.stringify({ generation, untilMs } satisfies HandOut)
      void soon(async () => cache.set(await storeKey('handed', account, client), text, untilMs))
    },
  }
}

function stillHeld<Held extends HandOut>(handed: Held | undefined, nowMs: number): Held | undefined {
  return handed !== undefined && nowMs < handed.untilMs ? handed : undefined
}

/** What others wrote; what is none of it is nothing. */
function readHandOut(text: string | null | undefined): HandOut | undefined {
  try {
    const { generation, untilMs } = Object(JSON.parse(text ?? '')) as Partial<Record<keyof HandOut, unknown>>
    const isWhole = Number.isSafeInteger(generation) && Number.isFinite(untilMs)
    return isWhole ? { generation: generation as number, untilMs: untilMs as number } : undefined
  } catch {
    return undefined
  }
}
