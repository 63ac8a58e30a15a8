import type { TokenRequest, TokenTruth } from './virtual-world.js'

/** The core reads the time of a failed store again only after this time. */
const restMs = 8000

/**
 * Whether the clock of a process that upstream gave a token was set while it could not ask the store for the time. Its two clocks
 * then give two times of issue. Whether the machine was suspended or the clock was set is unknown, and so are the order and the life
 * of the token; the core assumes the shorter life.
 */
export function wasNeverTimed(token: TokenTruth): boolean {
  return token.account.requests.some((request) => request.brought === token && wasSetUntimed(request))
}

function wasSetUntimed({ process: { troubleAtMs, host }, sentAtMs }: TokenRequest): boolean {
  return troubleAtMs >= sentAtMs - restMs && host.jumps.some(({ atMs }) => atMs >= sentAtMs)
}
