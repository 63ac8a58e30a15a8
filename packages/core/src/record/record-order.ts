import { changedRecord, promptMs, type StoredRecord } from '../token-record.js'

/** What is known beside two records when one of them stands in the cache and the other in memory. */
export interface OrderFacts {
  /** Upstream gave the one in memory, and the store has not taken it yet. */
  readonly isUnwritten: boolean
  /** The found record was read before what memory knows of its token. */
  readonly isReadBefore: boolean
  /** An API rejected the one in memory. */
  readonly isHeldRejected: boolean
  /** An API rejected the found token here, or the one in memory took its place and the store did not go back to it since. */
  readonly isFoundRetired: boolean
  /** The found token was requested before a clock was set back, and the one in memory came after that. */
  readonly isFoundBeforeSetBack: boolean
  /** The moments of both are on one clock: the store's own, or that of the one host. */
  readonly isOneClock: boolean
  /** This process requested the one in memory itself, and its moments are on the clock as it is now. */
  readonly isHeldOwn: boolean
  /** How much later the found token was requested than the one in memory, milliseconds; negative when it was earlier. */
  readonly laterByMs: number
  /** Requests that are less than this apart may have overlapped, milliseconds. */
  readonly overlapMs: number
}

/**
 * What the found record does to the one in memory:
 *
 * - `replaces`: another token, which counts from now on
 * - `updates`: the same token, of which the found record tells at least as much
 * - `trails`: the same token, of which memory knows more
 * - `loses`: another token, which does not count
 */
export type Order = 'replaces' | 'updates' | 'trails' | 'loses'

/**
 * Decides which of two records counts. Generations go separate ways while a store cannot be written to, and clocks are set:
 * neither decides alone. The first row that applies does.
 *
 * | the found record                                                            | order      |
 * | --------------------------------------------------------------------------- | ---------- |
 * | memory holds none                                                           | `replaces` |
 * | the same token, unless memory knows more of it: unwritten, or read since    | `updates`  |
 * | the same token otherwise                                                    | `trails`   |
 * | its token was replaced or rejected here                                     | `loses`    |
 * | the token in memory was rejected, and the generation is not lower           | `replaces` |
 * | from before a clock was set back; this process requested its token after    | `loses`    |
 * | neither its generation is higher nor was it requested later                 | `loses`    |
 * | an API rejected it; one clock shows that it is not later, see `mayBeLater`  | `loses`    |
 * | the token in memory is unwritten and was requested later                    | `loses`    |
 * | it is unwritten, the requests overlapped, and the found token is rejected   | `loses`    |
 * | anything else                                                               | `replaces` |
 */
export function orderOf(found: StoredRecord, held: StoredRecord | undefined, facts: OrderFacts): Order {
  if (held === undefined) return 'replaces'
  if (found.value === held.value) return knowsAsMuch(found, held, facts) ? 'updates' : 'trails'
  if (facts.isFoundRetired) return 'loses'
  if (facts.isHeldRejected && found.generation >= held.generation) return 'replaces'
  if (facts.isHeldOwn && facts.isFoundBeforeSetBack) return 'loses'
  if (found.generation <= held.generation && facts.laterByMs <= 0) return 'loses'
  // A higher generation does not show that it is later: where a store lost the later token, the earlier one was written again with a higher one.
  if (found.rejectedCode !== undefined && !mayBeLater(facts)) return 'loses'
  return facts.isUnwritten && isHeldLater(found, facts) ? 'loses' : 'replaces'
}

function knowsAsMuch(found: StoredRecord, held: StoredRecord, { isUnwritten, isReadBefore }: OrderFacts): boolean {
  if (isReadBefore) return false
  if (!isUnwritten || isRenewed(found, held)) return true
  return found.generation > held.generation && !isRenewed(held, found)
}

/**
 * Whether a rejected token may be later than the one in memory. Moments of one clock tell; where the requests overlapped, an own
 * token is preferred.
 */
function mayBeLater({ laterByMs, overlapMs, isHeldOwn, isOneClock }: OrderFacts): boolean {
  return !isOneClock || laterByMs >= (isHeldOwn ? overlapMs : -overlapMs)
}

function isHeldLater(
  { rejectedCode }: StoredRecord,
  { laterByMs, overlapMs, isFoundBeforeSetBack }: OrderFacts,
): boolean {
  if (laterByMs < 0 || isFoundBeforeSetBack) return true
  // The order of two requests that overlapped is unknown: prefer the token that no API has rejected.
  return laterByMs < overlapMs && rejectedCode !== undefined
}

/** Whether the record in memory took the place of the one that it held before, or was given a higher generation. */
export function isReplaced(before: StoredRecord | undefined, record: StoredRecord): boolean {
  return before === undefined || record.value !== before.value || record.generation > before.generation
}

/** Whether `a` is the token of `b`, and upstream gave it once more since. */
export function isRenewed(a: StoredRecord, b: StoredRecord | undefined): boolean {
  if (b === undefined || a.value !== b.value) return false
  return a.issuedAtMs > b.issuedAtMs || (a.repeatedAtMs ?? 0) > (b.repeatedAtMs ?? 0)
}

/** What memory holds beside a token that could not be written. */
export interface HeldBeside {
  readonly record: StoredRecord | undefined
  readonly isUntimed: boolean
  readonly isRejected: boolean
  /**
   * The store did not hold the record just before the token was requested, and another process may have written one since, because
   * the lease was not held all the time. The store has no clock of its own, so the moments of the two need not tell.
   */
  readonly mayHaveComeSince: boolean
}

/**
 * The record to keep of a token that could not be written, beside one that came into memory meanwhile, from the cache or by another
 * refresh. That one may be later, or upstream may have given it before this token. Only a later one makes this token useless.
 *
 * @param candidate the record of the token
 * @param base the record that memory held when the token was requested
 */
export function unlessReplaced(
  candidate: StoredRecord,
  base: StoredRecord | undefined,
  held: HeldBeside,
): StoredRecord | undefined {
  const { record, isUntimed, isRejected, mayHaveComeSince } = held
  // The very token has come to others before, and an API rejected it.
  if (record?.value === candidate.value && isRejected) return undefined
  // Moments of different clocks do not compare.
  if (record === undefined || record.value === base?.value || isUntimed || isRejected) return candidate
  if (record.value === candidate.value) return record.issuedAtMs > candidate.issuedAtMs ? undefined : candidate
  if (record.issuedAtMs >= candidate.issuedAtMs) return undefined
  // If it came since, a clock was set back.
  if (mayHaveComeSince && seemsWrittenBefore(record, candidate)) return undefined
  return changedRecord(candidate, { generation: Math.max(candidate.generation, record.generation + 1) })
}

/** Whether a record says that it was in the store before a token was requested. */
function seemsWrittenBefore({ issuedAtMs, writtenAtMs }: StoredRecord, candidate: StoredRecord): boolean {
  return (writtenAtMs ?? issuedAtMs + promptMs) < candidate.issuedAtMs
}
