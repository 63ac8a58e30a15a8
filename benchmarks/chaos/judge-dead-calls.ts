import { isWritten, lackedStore, refreshMs } from './excuses.js'
import type { DeadCall, Heard, Journal } from './journal.js'
import type { Verdict } from './verdict.js'

/**
 * The maximum age of a process's last read of the store when it serves a token of a `rotate` platform: the overlap minus the
 * margin, as `main.ts` sets them. After that the core reads before it serves, so the limit doesn't depend on the machine's speed.
 */
export const longestUnseenMs = 2000

/**
 * G2: no process presents a token that it could know to be dead. No process can know about a revocation or a lost response: the
 * first process whose call is rejected notices it, and the others when the store has another token.
 */
export function judgeDeadCalls(journal: Journal): Verdict {
  const { dead } = journal
  const judged = dead.map((call) => [call, faultOf(journal, call)] as const)
  const kinds = (['revoked', 'superseded', 'expired'] as const).map(
    (kind) => `${kind} ${dead.filter((call) => call.kind === kind).length}`,
  )
  const broken = judged.flatMap(([call, fault]) => (fault === undefined ? [] : [breachOf(call, fault)]))
  return {
    lines: [
      `dead tokens presented: ${dead.length} (${kinds.join(', ')}); by a process that could know it: ${broken.length}`,
    ],
    broken,
  }
}

function breachOf({ account, member, atMs, chosenAtMs, token, kind }: DeadCall, fault: string) {
  const text = `${account}: process ${member} presented token ${token}, which was ${kind}, chosen ${(atMs - chosenAtMs).toFixed(1)} ms before: ${fault}`
  return { account, atMs: chosenAtMs, text }
}

/** Why a process could know that its token was dead; `undefined` if it could not. */
function faultOf(journal: Journal, call: DeadCall): string | undefined {
  const { token, expiresAtMs, chosenAtMs, knew } = call
  if (knew === 'told') return 'the platform had told it so'
  if (knew === 'older') return 'it had used a newer one since'
  if (token === 0) return 'no answer had ever brought it'
  if (chosenAtMs >= expiresAtMs)
    return `it had expired ${(chosenAtMs - expiresAtMs).toFixed(1)} ms before it was chosen`
  return hadToSee(journal, call) ? 'the store had held its successor for long enough' : undefined
}

function hadToSee(journal: Journal, call: DeadCall): boolean {
  const { account, member, chosenAtMs } = call
  if (lackedStore(journal, member, chosenAtMs - longestUnseenMs, chosenAtMs)) return false
  const writtenAtMs = successorWrittenAtMs(journal, call)
  // If the platform repeats tokens, memory isn't compared with the store: only a new process has to read it.
  const startedAtMs = journal.starts.find((start) => start.member === member)?.atMs ?? 0
  return account === 'wechat' ? chosenAtMs - writtenAtMs >= longestUnseenMs : startedAtMs > writtenAtMs
}

/** The latest time by which a later token was in the store. */
function successorWrittenAtMs(journal: Journal, { account, token }: DeadCall): number {
  const { heard, tokenRequests } = journal
  const isSuccessor = (one: Heard): boolean => {
    if (one.name !== 'refreshed' || one.account !== account) return false
    const request = tokenRequests.findLast(
      (asked) =>
        asked.member === one.member &&
        asked.account === account &&
        asked.token !== undefined &&
        asked.startedAtMs <= one.atMs,
    )
    if (request?.token === undefined || request.token <= token || !isWritten(journal, request, one.atMs)) return false
    return !lackedStore(journal, one.member, request.startedAtMs - refreshMs, one.atMs)
  }
  return heard.find(isSuccessor)?.atMs ?? Infinity
}
