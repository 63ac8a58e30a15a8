import type { SimAccount } from '../sim-account.js'
import type { GatewayBook } from './gateway-book.js'
import { knownIntents } from './event-intents.js'
import type { GatewaySession, SentEvent } from './gateway-session.js'

/** Returns the account of a working token. The platform's API decides, so that IP allowlists and dead tokens apply here too. */
export type TokenCheck = (header: string) => SimAccount | undefined

/** The result of an Identify or a Resume. */
export type Greeting =
  | { readonly session: GatewaySession; readonly missed: readonly SentEvent[] }
  | { readonly close: number; readonly reason: string; readonly account?: SimAccount }
  | { readonly invalid: true; readonly account: SimAccount; readonly limit?: 'exhausted' | 'too-fast' }

type Fields = Readonly<Record<string, unknown>>

/** Starts a session, or returns why not. The platform's response beyond its limits is not documented; Invalid Session is assumed. */
export function identify(book: GatewayBook, check: TokenCheck, { token, intents, shard = [0, 1] }: Fields): Greeting {
  const account = typeof token === 'string' ? check(token) : undefined
  if (account === undefined) return { close: 4004, reason: 'authentication failed' }
  if (!isShard(shard)) return { close: 4010, reason: 'invalid shard', account }
  if (!(Number.isSafeInteger(intents) && (intents as number) > 0) || ((intents as number) & ~knownIntents) !== 0) {
    return { close: 4013, reason: 'invalid intents', account }
  }
  const wanted = intents as number
  if ((wanted & ~book.settings.grantedIntents) !== 0) return { close: 4014, reason: 'disallowed intents', account }
  const limit = book.starts.take(account)
  if (limit !== undefined) return { invalid: true, account, limit }
  return { session: book.open({ account, intents: wanted, shard }), missed: [] }
}

/** Resumes a session, or returns why not. */
export function resume(book: GatewayBook, check: TokenCheck, { token, session_id: id, seq }: Fields): Greeting {
  const account = typeof token === 'string' ? check(token) : undefined
  if (account === undefined) return { close: 4004, reason: 'authentication failed' }
  const session = typeof id === 'string' ? book.find(id) : undefined
  if (session?.account !== account) return { invalid: true, account }
  if (!(Number.isSafeInteger(seq) && (seq as number) <= session.seq)) {
    return { close: 4007, reason: 'invalid seq', account }
  }
  const missed = session.missedSince(seq as number, book.settings.replayOverlap)
  if (missed !== undefined) return { session, missed }
  book.end(session)
  return { invalid: true, account }
}

function isShard(shard: unknown): shard is readonly [number, number] {
  if (!Array.isArray(shard) || shard.length !== 2) return false
  const [index, count] = shard as readonly unknown[]
  return (
    Number.isSafeInteger(index) && Number.isSafeInteger(count) && Number(index) >= 0 && Number(index) < Number(count)
  )
}
