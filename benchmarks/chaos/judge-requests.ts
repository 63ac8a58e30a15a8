import { failed, isWritten, lackedStore, refreshMs, stoodStill } from './excuses.js'
import type { Journal, TokenRequest } from './journal.js'
import type { RunTimes } from './run-times.js'
import type { Verdict } from './verdict.js'

/** How late a closed connection is noticed. */
const closeMs = 100
/** The life of a lease: a process that asks now may have taken it this long ago. */
const leaseMs = 2000

/** G1: one request at a time per account, and one per token life. */
export function judgeRequests(journal: Journal, { lifeMs, runMs }: RunTimes): Verdict {
  const { tokenRequests } = journal
  const pairs = tokenRequests.flatMap((second) =>
    second.beside
      .filter((first) => first.endedAtMs - second.startedAtMs > closeMs)
      .map((first) => [first, second] as const),
  )
  const bad = pairs.filter(([first, second]) => !mayMeet(journal, first, second))
  const early = tokenRequests.filter((request) => isTooEarly(journal, request))
  const answered = tokenRequests.filter(({ token }) => token !== undefined).length
  const perLife = answered / ((2 * runMs) / lifeMs)
  return {
    lines: [
      `token requests: ${tokenRequests.length}, answered with a token ${answered} (${(tokenRequests.length / Math.max(1, answered)).toFixed(2)} requests for each); tokens for each life of ${lifeMs / 1000} s of each of 2 accounts: ${perLife.toFixed(2)}, revocations included`,
      `new tokens before half a life of the one before, and nothing explains it: ${early.length}`,
      `in flight at once for an account: ${bad.length === 0 ? 'never above 1' : `${bad.length} times above 1`}, but for ${pairs.length - bad.length} times right after a kill, a stop or an outage of the store`,
    ],
    broken: [
      ...early.map(({ account, member, startedAtMs }) => ({
        account,
        atMs: startedAtMs,
        text: `${account}: process ${member} fetched a token though the one before was young`,
      })),
      ...bad.map(([first, second]) => ({
        account: second.account,
        atMs: second.startedAtMs,
        text: `${second.account}: process ${second.member} asked for a token while process ${first.member} did since ${(second.startedAtMs - first.startedAtMs).toFixed(0)} ms`,
      })),
    ],
  }
}

/** Whether two requests may overlap: the first holder was killed or stopped past its lease, or the store failed. */
function mayMeet(journal: Journal, first: TokenRequest, second: TokenRequest): boolean {
  const { startedAtMs } = second
  return (
    failed(journal, first.member, first.startedAtMs, startedAtMs) ||
    stoodStill(journal, second.member, startedAtMs - leaseMs, startedAtMs) ||
    lackedStore(journal, first.member, first.startedAtMs - refreshMs, startedAtMs) ||
    lackedStore(journal, second.member, startedAtMs - refreshMs, startedAtMs)
  )
}

/** A second request for a generation: the previous token was young, and it was neither revoked nor lost. */
function isTooEarly(journal: Journal, request: TokenRequest): boolean {
  const { account, startedAtMs, endedAtMs } = request
  const before = journal.tokenRequests.filter((one) => one.account === account && one.startedAtMs < startedAtMs)
  const last = before.findLast(({ isNew }) => isNew)
  if (!request.isNew || last === undefined || startedAtMs - last.startedAtMs > last.toldLifeMs / 2) return false
  const isRevoked = journal.revocations.some(
    (one) => one.account === account && one.atMs >= last.startedAtMs && one.atMs <= endedAtMs,
  )
  // The platform may have issued a token for it and ended the previous one.
  const hasLostAnswer = before.some((one) => one.token === undefined && one.endedAtMs >= last.startedAtMs)
  const wasBroughtHome = isWritten(journal, last, startedAtMs)
  return !(
    isRevoked ||
    hasLostAnswer ||
    (!wasBroughtHome && failed(journal, last.member, last.startedAtMs, startedAtMs)) ||
    stoodStill(journal, request.member, startedAtMs - leaseMs, startedAtMs) ||
    lackedStore(journal, last.member, last.startedAtMs - refreshMs, startedAtMs) ||
    lackedStore(journal, request.member, startedAtMs - refreshMs, startedAtMs)
  )
}
