/** How far this machine's clock is ahead of the server's, milliseconds: countdowns must be right on a machine that is wrong. */
let aheadMs = 0

/**
 * Learns the server's time from a status, which has the moment of expiry and what was left of it when it was sent.
 *
 * @param {import('../contract.js').AccountStatus} status
 */
export function learnServerTime({ expires_at: at, expires_in_ms: left }) {
  // An expired token has nothing left and tells no time.
  if (at !== undefined && left !== undefined && left > 0) aheadMs = Date.now() - (at - left)
}

/** The server's time now, Unix milliseconds. */
export const serverNow = () => Date.now() - aheadMs
