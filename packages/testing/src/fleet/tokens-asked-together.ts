import type { TokenTruth } from './virtual-world.js'

/** Whether two tokens were asked for at the same time, so that nobody but the platform can tell which is the later one. */
export function wereAskedTogether({ by: a }: TokenTruth, { by: b }: TokenTruth): boolean {
  return a !== undefined && b !== undefined && a.sentAtMs <= b.arrivedAtMs && b.sentAtMs <= a.arrivedAtMs
}

/** Whether any other token was asked for at the same time as this one. */
export function hasTwin(token: TokenTruth): boolean {
  return token.account.tokens.some((other) => other !== token && wereAskedTogether(other, token))
}
