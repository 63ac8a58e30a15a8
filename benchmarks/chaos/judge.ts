import type { DeadCall, Journal, Span, TokenRequest } from './journal.js'

/** What the journal shows: the lines to print, and those that tell of a broken guarantee. */
export interface Verdict {
  readonly lines: readonly string[]
  readonly broken: readonly string[]
}

/** A lease lives 2 s: who was kept from running may have lost it that much later. */
const leaseGraceMs = 3000
/** The core promises that sharing resumes within 10 s of an outage. */
const recoveryMs = 10_000
/** A connection whose client went away is noticed this late at most; a call is this long on its way to the platform. */
const closeMs = 100
/** What was on its way when a process learned that a token is dead has come by then; shorter stalls than 500 ms are not told of. */
const toldMs = 600
/** A new token that was answered is known to all who share the cache by then. */
const newsMs = 1000
/** An answer that nobody got: by then the old token was rejected, and a new one was fetched, by a new holder if need be. */
const healMs = 5000

const meets = ({ fromMs, toMs }: Span, startMs: number, endMs: number): boolean => fromMs <= endMs && toMs >= startMs

/** Judges a run. @param warmUpMs when memory begins to be looked at @param lifeMs how long tokens live */
export function judge(journal: Journal, { warmUpMs, lifeMs, runMs }: RunTimes): Verdict {
  const judged = [
    judgeRequests(journal, lifeMs, runMs),
    judgeDead(journal),
    judgeErrors(journal),
    judgeMemory(journal, warmUpMs),
  ]
  return { lines: judged.flatMap(({ lines }) => lines), broken: judged.flatMap(({ broken }) => broken) }
}

/** Milliseconds; `warmUpMs` by `performance.now()`. */
export interface RunTimes {
  readonly warmUpMs: number
  readonly lifeMs: number
  readonly runMs: number
}

function stoodStill({ standstills, kills }: Journal, member: number, startMs: number, endMs: number): boolean {
  return (
    standstills.some((span) => span.member === member && meets(span, startMs, endMs)) ||
    kills.some((kill) => kill.member === member && kill.atMs >= startMs && kill.atMs <= endMs)
  )
}

function isOutage({ outages }: Journal, atMs: number): boolean {
  return outages.some(({ fromMs, toMs }) => fromMs <= atMs && atMs <= toMs + recoveryMs)
}

function judgeRequests(journal: Journal, lifeMs: number, runMs: number): Verdict {
  const pairs = journal.tokenRequests.flatMap((second) =>
    second.beside
      .filter((first) => first.endedAtMs - second.startedAtMs > closeMs)
      .map((first) => [first, second] as const),
  )
  const bad = pairs.filter(([first, second]) => !isExcused(journal, first, second))
  const early = journal.tokenRequests.filter((request) => isTooEarly(journal, request, lifeMs))
  const answered = journal.tokenRequests.filter(({ isAnswered }) => isAnswered).length
  const perLife = answered / ((2 * runMs) / lifeMs)
  return {
    lines: [
      `token requests: ${journal.tokenRequests.length}, answered with a token ${answered} (${(journal.tokenRequests.length / Math.max(1, answered)).toFixed(2)} requests for each); tokens for each life of ${lifeMs / 1000} s of each of 2 accounts: ${perLife.toFixed(2)}, revocations included`,
      `new tokens before half a life of the one before, and nothing explains it: ${early.length}`,
      `in flight at once for an account: ${bad.length === 0 ? 'never above 1' : `${bad.length} times above 1`}, but for ${pairs.length - bad.length} times right after a kill, a stop or an outage of the store`,
    ],
    broken: [
      ...early.map(
        ({ account, member, startedAtMs }) =>
          `${account}: process ${member} fetched a token at ${startedAtMs.toFixed(0)} ms though the one before was young`,
      ),
      ...bad.map(
        ([first, second]) =>
          `${second.account}: process ${second.member} asked for a token at ${second.startedAtMs.toFixed(0)} ms while process ${first.member} did since ${first.startedAtMs.toFixed(0)} ms`,
      ),
    ],
  }
}

/** A second request for a generation: the token before was young, and nothing killed it or lost it. */
function isTooEarly(journal: Journal, request: TokenRequest, lifeMs: number): boolean {
  const { account, startedAtMs, endedAtMs } = request
  const before = journal.tokenRequests.filter((one) => one.account === account && one.startedAtMs < startedAtMs)
  const last = before.findLast(({ isNew }) => isNew)
  if (!request.isNew || last === undefined || startedAtMs - last.startedAtMs > lifeMs / 2) return false
  const fromMs = last.startedAtMs - leaseGraceMs
  return !(
    journal.revocations.some(
      (one) => one.account === account && one.atMs >= last.startedAtMs && one.atMs <= endedAtMs,
    ) ||
    before.some((one) => !one.isAnswered && one.endedAtMs >= fromMs) ||
    stoodStill(journal, last.member, fromMs, last.endedAtMs + newsMs) ||
    stoodStill(journal, request.member, startedAtMs - leaseGraceMs, startedAtMs) ||
    isOutage(journal, startedAtMs)
  )
}

function isExcused(journal: Journal, first: TokenRequest, second: TokenRequest): boolean {
  return (
    stoodStill(journal, first.member, first.startedAtMs - leaseGraceMs, second.startedAtMs) ||
    stoodStill(journal, second.member, second.startedAtMs - leaseGraceMs, second.startedAtMs) ||
    isOutage(journal, second.startedAtMs)
  )
}

function judgeDead(journal: Journal): Verdict {
  const { dead } = journal
  const again = dead.filter(
    ({ member, atMs, toldAtMs = Infinity }) =>
      atMs - toldAtMs > toldMs && !stoodStill(journal, member, toldAtMs - toldMs, atMs),
  )
  const inBadFaith = dead.filter((call) => !isGoodFaith(journal, call))
  const kinds = (['revoked', 'superseded', 'expired', 'unknown'] as const).map(
    (kind) => `${kind} ${dead.filter((call) => call.kind === kind).length}`,
  )
  const words = ({ account, member, atMs, kind }: DeadCall): string =>
    `${account}: process ${member} presented a token that was ${kind}, at ${atMs.toFixed(0)} ms (${sinceText(journal, { account, member, atMs })})`
  return {
    lines: [
      `dead tokens presented: ${dead.length} (${kinds.join(', ')}); without an event that excuses it ${inBadFaith.length}, by a process that had been told ${again.length}`,
      `  excused: expired on the way, at most ${closeMs / 1000} s before; revoked at most ${leaseGraceMs / 1000} s before; replaced at most ${newsMs / 1000} s before, or ${healMs / 1000} s where the answer or its holder was lost; during an outage of the store and ${recoveryMs / 1000} s after; by a process that was just stopped`,
    ],
    broken: [
      ...inBadFaith.map((call) => `${words(call)}, and nothing excuses it`),
      ...again.map(
        (call) => `${words(call)}, and had been told ${(call.atMs - (call.toldAtMs ?? 0)).toFixed(0)} ms before`,
      ),
    ],
  }
}

/** What went before, for whoever looks into it. */
function sinceText(journal: Journal, { account, member, atMs }: Omit<DeadCall, 'kind'>): string {
  const since = (moments: readonly number[]): string =>
    `${Math.round(atMs - Math.max(-Infinity, ...moments.filter((moment) => moment <= atMs)))} ms`
  const own = journal.standstills.filter((span) => span.member === member)
  const revoked = since(journal.revocations.filter((one) => one.account === account).map((one) => one.atMs))
  const asked = since(journal.tokenRequests.filter((one) => one.account === account).map((one) => one.endedAtMs))
  return `${revoked} after a revocation, ${asked} after a token request ended, ${since(own.map(({ toMs }) => toMs))} after its own standstill`
}

/** Whether the process could not know that the token was dead. */
function isGoodFaith(journal: Journal, { account, member, atMs, kind, overdueMs = Infinity }: DeadCall): boolean {
  if (stoodStill(journal, member, atMs - newsMs, atMs)) return true
  // It lived when the call was made.
  if (kind === 'expired' && overdueMs <= closeMs) return true
  if (kind === 'expired' || kind === 'unknown') return false
  if (isOutage(journal, atMs)) return true
  const isOfNow = (startMs: number, endMs: number): boolean => startMs <= atMs && atMs <= endMs
  const { revocations, tokenRequests, standstills, kills } = journal
  if (revocations.some((one) => one.account === account && isOfNow(one.atMs - closeMs, one.atMs + leaseGraceMs)))
    return true
  return tokenRequests.some((request) => {
    if (request.account !== account) return false
    const { startedAtMs, endedAtMs, isAnswered } = request
    if (isOfNow(startedAtMs, endedAtMs + (isAnswered ? newsMs : healMs))) return true
    const isHolder = (one: { readonly member: number }): boolean => one.member === request.member
    const lastMs = endedAtMs + newsMs
    return (
      kills.some((kill) => isHolder(kill) && kill.atMs <= lastMs && isOfNow(kill.atMs, kill.atMs + healMs)) ||
      standstills.some((span) => isHolder(span) && span.fromMs <= lastMs && isOfNow(span.fromMs, span.toMs + healMs))
    )
  })
}

function judgeErrors({ unhandled }: Journal): Verdict {
  return {
    lines: [`unhandled rejections and processes that ended by themselves: ${unhandled.length}`],
    broken: unhandled,
  }
}

function judgeMemory({ memory }: Journal, warmUpMs: number): Verdict {
  const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`
  const found = [...new Set(memory.map(({ member }) => member))].map((member) => {
    const samples = memory.filter((one) => one.member === member && one.atMs >= warmUpMs).map(({ bytes }) => bytes)
    const third = Math.floor(samples.length / 3)
    return { member, before: median(samples.slice(0, third)), after: median(samples.slice(-third)) }
  })
  return {
    lines: found.map(
      ({ member, before, after }) =>
        `resident memory of process ${member}, medians of the first and the last third after warm-up: ${megabytes(before)}, ${megabytes(after)}`,
    ),
    broken: found
      .filter(({ before, after }) => after > before * 1.15 + 12 * 2 ** 20)
      .map(
        ({ member, before, after }) => `memory of process ${member} grows: ${megabytes(before)}, ${megabytes(after)}`,
      ),
  }
}

function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0
}
