import { inLanguage, words } from './language.js'

/** @typedef {import('../contract.js').BilingualHint} BilingualHint */

/** Event of the window for a session that the server no longer accepts. */
export const sessionEnded = 'lingpai:session-ended'

/**
 * A failed request. Its texts are evaluated when they are shown, in the current language.
 */
export class RequestProblem extends Error {
  /**
   * @param {number} status HTTP status; 0 without a response
   * @param {{ readonly message?: string, readonly hint?: BilingualHint | string }} [said]
   */
  constructor(status, said = {}) {
    super(said.message ?? `HTTP ${status}`)
    this.status = status
    this.said = said
  }

  /** The message for the user. */
  get summary() {
    const { problems } = words()
    if (this.status === 0) return problems.network
    const known = Object.entries(problems).find(([status]) => status === String(this.status))?.[1]
    return typeof known === 'string' ? known : problems.other(this.status)
  }

  /** The hint for the user, if there is one. */
  get hint() {
    return inLanguage(this.said.hint)
  }
}

/**
 * @param {string} account
 * @param {string} [rest]
 */
const pathOf = (account, rest = '') => `v1/accounts/${encodeURIComponent(account)}${rest}`

/** The requests of the page, with relative URLs because a proxy may serve it below a path. An unsuccessful request throws a `RequestProblem`. */
export const api = {
  /** @param {string} key */
  signIn: (key) => send('POST', 'session', { key }),
  signOut: () => send('DELETE', 'session'),
  /** @returns {Promise<import('../contract.js').Session>} */
  session: () => send('GET', 'session'),
  /** @returns {Promise<{ accounts: import('../contract.js').AccountStatus[] }>} */
  accounts: () => send('GET', 'v1/accounts'),
  /**
   * @param {string} account
   * @returns {Promise<{ events: import('../contract.js').TimelineEvent[] }>} newest first
   */
  timeline: (account) => send('GET', pathOf(account, '/timeline')),
  /**
   * @param {string} account
   * @param {string} note may be empty
   * @returns {Promise<import('../contract.js').TokenResponse>}
   */
  refresh: (account, note) => send('POST', pathOf(account, '/refreshes'), note === '' ? {} : { note }),
  /**
   * @param {string} account
   * @returns {Promise<import('../contract.js').TokenResponse>}
   */
  token: (account) => send('GET', pathOf(account, '/token')),
}

/**
 * @param {'GET' | 'POST' | 'DELETE'} method
 * @param {string} path
 * @param {object} [body]
 */
async function send(method, path, body) {
  const response = await fetch(path, {
    method,
    cache: 'no-store',
    credentials: 'same-origin',
    redirect: 'error',
    headers: {
      // Another origin can only set this header after a preflight, which the server rejects.
      ...(method !== 'GET' && { 'x-lingpai-csrf': '1' }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  }).catch(() => undefined)
  if (!response) throw new RequestProblem(0)
  // The session is no longer valid. The routes of the session handle 401 themselves.
  if (response.status === 401 && path !== 'session') dispatchEvent(new Event(sessionEnded))
  const answer = await response.json().catch(() => undefined)
  if (!response.ok) throw new RequestProblem(response.status, answer?.error)
  return answer
}
