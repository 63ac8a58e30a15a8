import type { Journal } from './journal.js'
import type { Breach } from './verdict.js'

/** How long before and after a breach the trace shows events. */
const [beforeMs, afterMs] = [6000, 500]

/** The entries of a journal around a breach, in order; times are milliseconds before and after it. */
export function traceOf(journal: Journal, { atMs, account }: Breach): readonly string[] {
  if (atMs === undefined) return []
  const lines: { readonly atMs: number; readonly text: string }[] = []
  const note = (moment: number, text: string): void => {
    if (moment >= atMs - beforeMs && moment <= atMs + afterMs) lines.push({ atMs: moment, text })
  }
  const isMeant = (one: { readonly account: unknown }): boolean => account === undefined || one.account === account
  for (const { member, startedAtMs, endedAtMs, token, isNew } of journal.tokenRequests.filter(isMeant)) {
    note(startedAtMs, `process ${member} asks for a token`)
    const brought = token === undefined ? 'without a token' : `with ${isNew ? 'the new' : 'the known'} token ${token}`
    note(endedAtMs, `process ${member}: its request ends ${brought}`)
  }
  for (const { member, chosenAtMs, atMs: cameAtMs, token, kind, knew } of journal.dead.filter(isMeant))
    note(
      cameAtMs,
      `process ${member} presents token ${token}, ${kind}, chosen ${(cameAtMs - chosenAtMs).toFixed(1)} ms before, knew ${knew}`,
    )
  for (const { member, name, text, atMs: heardAtMs } of journal.heard.filter(isMeant))
    note(heardAtMs, `process ${member} tells: ${name} ${text}`)
  for (const revoked of journal.revocations.filter(isMeant)) note(revoked.atMs, 'its tokens are revoked')
  for (const fault of journal.faults.filter(isMeant)) note(fault.atMs, `fault: ${fault.text}`)
  for (const kill of journal.kills) note(kill.atMs, `process ${kill.member} is killed`)
  for (const { member, atMs: startedAtMs } of journal.starts) note(startedAtMs, `process ${member} starts`)
  for (const { member, fromMs, toMs } of journal.standstills) {
    note(fromMs, `process ${member} stands still`)
    note(toMs, `process ${member} runs again`)
  }
  for (const { fromMs, toMs } of journal.outages) {
    note(fromMs, 'the store fails')
    note(toMs, 'the store is back')
  }
  return lines
    .sort((a, b) => a.atMs - b.atMs)
    .map((line) => `  ${(line.atMs - atMs).toFixed(1).padStart(8)}  ${line.text}`)
}
