import { checkWrite } from './check-writes.js'
import type { StoreEntry, TokenTruth, VirtualAccount, VirtualProcess, VirtualWorld } from './virtual-world.js'

/** The store itself, behind the network: each call happens at once. */
export interface VirtualStore {
  readonly get: (key: string) => StoreEntry | undefined
  readonly set: (process: VirtualProcess, key: string, text: string, expiresAtMs?: number) => void
  readonly remove: (process: VirtualProcess, key: string) => void
  readonly take: (key: string, holder: string, ttlMs: number) => boolean
  readonly commit: (
    process: VirtualProcess,
    key: string,
    { holder, text }: { readonly holder: string; readonly text: string },
    expiresAtMs?: number,
  ) => boolean
  readonly release: (key: string, holder: string) => void
  readonly nowMs: () => number
  /** Listens to writes from a process. */
  readonly subscribe: (process: VirtualProcess, listener: (key: string, generation: number) => void) => () => void
  /** Loses everything. */
  readonly flush: () => void
  /** Loses one account's record, or its lease. */
  readonly evict: (account: VirtualAccount) => void
  /** A replica without the writes of the last `lagMs` takes over. */
  readonly failOver: (lagMs: number) => void
}

const empty: StoreEntry = {
  text: undefined,
  forgetAtMs: Infinity,
  lease: undefined,
  token: undefined,
  expiresAtMs: 0,
  generation: 0,
  isMarked: false,
  how: 'none',
  writer: undefined,
  writtenAtMs: 0,
}

/** How long the store remembers replaced entries, for a failover. */
const journalMs = 10_000

interface Subscriber {
  readonly process: VirtualProcess
  readonly listener: (key: string, generation: number) => void
}

interface Before {
  readonly atMs: number
  readonly key: string
  readonly entry: StoreEntry | undefined
}

type Writing = Pick<StoreEntry, 'how' | 'forgetAtMs'> & Partial<StoreEntry>

/** Opens an empty store. */
export function virtualStore(world: VirtualWorld): VirtualStore {
  const { entries, time, plan } = world
  const clockAheadMs = plan.store.reach === 'host' ? 0 : plan.random.between(-300_000, 300_000)
  const hostClock = (): number => time.nowMs() + (plan.store.reach === 'host' ? (world.hosts[0]?.skewMs ?? 0) : 0)
  const nowMs = (): number => (plan.store.hasClock ? time.nowMs() + clockAheadMs : hostClock())
  const listeners = new Set<Subscriber>()
  const journal: Before[] = []

  const put = (key: string, change: Partial<StoreEntry>): StoreEntry => {
    const before = entries.get(key)
    journal.push({ atMs: time.nowMs(), key, entry: before })
    while (journal.length > 0 && (journal[0]?.atMs ?? 0) < time.nowMs() - journalMs) journal.shift()
    const entry = { ...(before ?? empty), ...change }
    entries.set(key, entry)
    return entry
  }
  const write = (process: VirtualProcess, key: string, text: string, facts: Writing): void => {
    const known = recordIn(world, key, text)
    const expiresAtMs = toldExpiry(process, known.token)
    const writing = { writer: process, writtenAtMs: time.nowMs(), expiresAtMs, ...facts }
    checkWrite(world, process, { key, before: entries.get(key), text, ...known, how: facts.how })
    if (known.token !== undefined) {
      known.token.isShared = true
      known.token.putBackSinceMs = known.token.account.lostAtMs
    }
    put(key, { text, ...known, ...writing })
    announce(world, listeners, key, known.generation)
  }
  const wipe = (key: string, before: StoreEntry | undefined): void => {
    journal.push({ atMs: time.nowMs(), key, entry: before })
    entries.delete(key)
    markLost(world, key)
  }
  return {
    get: (key) => entries.get(key),
    set: (process, key, text, expiresAtMs = Infinity) => {
      write(process, key, text, { how: isTroubled(world, process) ? 'makeshift' : 'unfenced', forgetAtMs: expiresAtMs })
    },
    remove: (_, key) => {
      put(key, { ...empty, lease: entries.get(key)?.lease })
    },
    take: (key, holder, ttlMs) => {
      const lease = entries.get(key)?.lease
      if (lease !== undefined && lease.holder !== holder && lease.untilMs > time.nowMs()) return false
      put(key, { lease: { holder, untilMs: time.nowMs() + ttlMs } })
      return true
    },
    commit: (process, key, { holder, text }, expiresAtMs = Infinity) => {
      const lease = entries.get(key)?.lease
      if (lease?.holder !== holder) return false
      if (plan.store.isStrict && lease.untilMs <= time.nowMs()) return false
      write(process, key, text, { how: 'commit', forgetAtMs: expiresAtMs, lease: undefined })
      return true
    },
    release: (key, holder) => {
      if (entries.get(key)?.lease?.holder === holder) put(key, { lease: undefined })
    },
    nowMs,
    subscribe: (process, listener) => {
      const entry = { process, listener }
      listeners.add(entry)
      return () => void listeners.delete(entry)
    },
    flush: () => {
      for (const [key, entry] of [...entries]) wipe(key, entry)
      for (const account of world.accounts) markLost(world, account.key ?? '')
    },
    evict: ({ key }) => {
      if (key !== undefined) wipe(key, entries.get(key))
    },
    failOver: (lagMs) => {
      const lost = journal.filter(({ atMs }) => atMs > time.nowMs() - lagMs)
      for (const { key, entry } of lost.reverse()) {
        if (entry === undefined) entries.delete(key)
        else entries.set(key, entry)
        markLost(world, key)
      }
      journal.length = 0
    },
  }
}

/** Counts a write and announces it after a short delay, unless the message is lost. */
function announce(world: VirtualWorld, subscribers: Iterable<Subscriber>, key: string, generation: number): void {
  const { random, weather, time, figures } = world
  figures.writes += 1
  for (const { process, listener } of subscribers) {
    if (random.chance(0.1) || weather.store === 'silent' || process.cutUntilMs > time.nowMs()) continue
    time.after(random.between(1, 50), () => {
      process.enter(() => {
        figures.notifications += 1
        listener(key, generation)
      })
    })
  }
}

/** Work that a process started before the store failed may still be running after this time. */
const settlesWithinMs = 15_000

/** Whether the store may have denied a process its lease, or the response was lost. */
function isTroubled({ time }: VirtualWorld, { troubleAtMs }: VirtualProcess): boolean {
  return troubleAtMs >= time.nowMs() - settlesWithinMs
}

/** When a token expires, as far as a process knows. */
function toldExpiry(process: VirtualProcess, token: TokenTruth | undefined): number {
  const memory = token && process.memory[token.account.index]
  return memory?.token === token ? (memory?.expiresAtMs ?? 0) : (token?.knownExpiresAtMs ?? 0)
}

/** Parses a record; `undefined` for a failure note. */
function recordIn(
  world: VirtualWorld,
  key: string,
  text: string,
): Pick<StoreEntry, 'token' | 'generation' | 'isMarked'> {
  const none = { token: undefined, generation: 0, isMarked: false }
  if (isFailureKey(key)) return none
  try {
    const { access_token: value, generation, rejectedCode } = JSON.parse(text) as Record<string, unknown>
    return {
      token: world.tokens.get(String(value)),
      generation: Number(generation),
      isMarked: rejectedCode !== undefined,
    }
  } catch {
    return none
  }
}

function markLost(world: VirtualWorld, key: string): void {
  const account = accountOf(world, key)
  if (account === undefined) return
  account.epoch += 1
  account.lostAtMs = world.time.nowMs()
}

/** Whether a key is that of a failure. */
export function isFailureKey(key: string): boolean {
  return key.endsWith(':failure')
}

/** The account that a key belongs to. */
export function accountOf(world: VirtualWorld, key: string): VirtualAccount | undefined {
  return world.accounts.find(({ credentials }) => key.includes(`:${credentials.app}:`))
}

/** The stored entry of an account; none after its expiry. */
export function storedOf(world: VirtualWorld, { key }: VirtualAccount): StoreEntry | undefined {
  const entry = key === undefined ? undefined : world.entries.get(key)
  return entry?.text === undefined ? undefined : entry
}
