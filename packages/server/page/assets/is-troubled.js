/**
 * Whether the account needs attention.
 *
 * @param {import('../contract.js').AccountStatus} status
 */
export function isTroubled({ state, last_failure: failure }) {
  return state === 'failing' || state === 'expired' || failure !== undefined
}
