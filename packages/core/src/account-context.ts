import type { Account } from './account.js'
import type { CacheChange } from './cache.js'
import type { CacheGate } from './cache-gate.js'
import { keepRecord, type Cell } from './cell.js'
import type { Clock } from './clock.js'
import { CacheError } from './errors.js'
import type { LingpaiEventName, LingpaiEvents } from './events.js'
import type { ResolvedCredentials, ResolvedSpec } from './provider.js'
import { decodeRecord, isNewer, type StoredRecord } from './token-record.js'
import type { UpstreamOptions } from './upstream.js'

/** One account as one manager sees it, its secrets known. */
export interface AccountContext<C = never> {
  readonly spec: ResolvedSpec<C>
  readonly account: Account
  readonly credentials: ResolvedCredentials<C>
  /** Where its record stands in the cache. */
  readonly key: string
  readonly fingerprint: string
  readonly cell: Cell
  readonly gate: CacheGate
  readonly clock: Clock
  readonly upstream: UpstreamOptions
  /** Bound of one whole refresh, milliseconds. */
  readonly timeoutMs: number
  readonly isReadonly: boolean
  /** Where in the jitters this process stands, 0 to 1. */
  readonly spread: number
  readonly writer: string
  /** Flights of this manager that are under way. */
  readonly running: Set<Promise<unknown>>
  /** Aborts when the manager closes or the source is removed. */
  readonly closing: AbortSignal
  readonly emit: <Name extends AccountEventName>(name: Name, facts: EventFacts<Name>) => void
  /** Calls back when the cache tells of a write to the key. @returns Ends it. */
  readonly onChange: (listener: (change: CacheChange) => void) => () => void
}

/** Events that belong to an account. */
export type AccountEventName = Exclude<LingpaiEventName, 'closed'>

/** An event without what the emitter adds. */
export type EventFacts<Name extends AccountEventName> = Omit<LingpaiEvents[Name], 'account' | 'atMs'>

/** Takes a record into memory, with its moments in the terms of this process. */
export async function keep<C>(context: AccountContext<C>, record: StoredRecord): Promise<void> {
  const { cell, clock, spec, spread } = context
  keepRecord(cell, record, { clock, renewal: spec.renewal, sharedNowMs: await context.gate.sharedNowMs(), spread })
}

/** What a look at the cache found: a record, none that is usable, or no answer. */
export type Look = 'found' | 'missing' | 'down'

/** Reads the cache and takes over what is newer than memory. A damaged entry is missing, and an event. */
export async function lookAtCache<C>(context: AccountContext<C>): Promise<Look> {
  const { cell, gate, key, fingerprint, clock, emit } = context
  const { clears } = cell
  const text = await gate.get(key)
  if (!text.ok) return 'down'
  const record = text.value === undefined ? undefined : decodeRecord(text.value, fingerprint)
  if (text.value !== undefined && record === undefined) emit('cache-failed', { error: damaged(context) })
  if (cell.clears !== clears) return 'found'
  if (cell.times !== undefined)
    cell.times = { ...cell.times, seen: { monotonic: clock.monotonic(), wall: clock.now() } }
  if (record === undefined) return 'missing'
  const isNew = record.value !== cell.replacedValue && isNewer(record, cell.record)
  const isSameToken = record.value === cell.record?.value
  // The same token may have been asked for again, or refused, by another process: its plan changes with that.
  if (isNew || (isSameToken && !cell.isUnwritten)) await keep(context, record)
  if (!isNew || isSameToken) return 'found'
  // Whoever wrote it has got over the failure.
  cell.failure = undefined
  emit('adopted', { generation: record.generation, expiresAtMs: record.expiresAtMs })
  return 'found'
}

function damaged<C>({ gate }: AccountContext<C>): CacheError {
  const reach = gate.cache.reach ?? 'process'
  return new CacheError('cache: the entry is no record; the next refresh replaces it', {
    operation: 'get',
    reach,
    problem: 'damaged',
  })
}
