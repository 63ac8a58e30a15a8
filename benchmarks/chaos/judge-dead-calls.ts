import { isWritten, lackedStore, refreshMs } from './excuses.js'
import type { DeadCall, Heard, Journal } from './journal.js'
import type { Verdict } from './verdict.js'

/**
 * How old a process's last look at the store may be when it gives out a token of a platform that rotates: its overlap less
 * its margin, as `main.ts` sets them. Then it looks before it answers, so this holds however slow the machine is.
 */
export const longestUnseenMs = 2000

/**
 * G2: no process presents a token that it could know to be dead. A revocation is known to no process, and a response that got
 * lost neither; the first process that is refused learns of it, and the store once it has got another token.
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

/** Why a process could know that its token was dead; `undefined` where it could not. */
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
  // Where tokens are repeated while they live, memory is not compared with the store: only a new process has to read it.
  const startedAtMs = journal.starts.find((start) => start.member === member)?.atMs ?? 0
  return account === 'wechat' ? chosenAtMs - writtenAtMs >= longestUnseenMs : startedAtMs > writtenAtMs
}

/** When a later token was in the store at the latest. */
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
