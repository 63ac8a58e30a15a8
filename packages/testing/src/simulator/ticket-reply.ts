import type { PlatformDesk, SimReply } from './platform.js'
import type { Issue } from './token-book.js'

/** Returns a ticket with its original life, independent of what is left of it. */
export function ticketReply(desk: PlatformDesk, issue: Issue): SimReply {
  const { value, issuedAtMs, expiresAtMs } = issue.token
  const expiresIn = desk.time.clientSeconds(expiresAtMs - issuedAtMs)
  return { status: 200, body: { errcode: 0, errmsg: 'ok', ticket: value, expires_in: expiresIn }, code: 0, ...issue }
}
