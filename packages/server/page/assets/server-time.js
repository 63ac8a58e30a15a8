/** How far this machine's clock is ahead of the server's, milliseconds. It corrects countdowns on a machine with a wrong clock. */
let aheadMs = 0

/**
 * Derives the server's time from a status, which contains the expiry and the remaining lifetime at the time of sending.
 *
 * @param {import('../contract.js').AccountStatus} status
 */
export function learnServerTime({ expires_at: at, expires_in_ms: left }) {
  // The remaining lifetime of an expired token is 0, so it does not show the server's time.
  if (at !== undefined && left !== undefined && left > 0) aheadMs = Date.now() - (at - left)
}

/** Returns the server's current time, Unix milliseconds. */
export const serverNow = () => Date.now() - aheadMs
