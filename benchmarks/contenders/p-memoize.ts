import pMemoize from 'p-memoize'
import type { Contender } from '../harness/contender.js'
import { fetchToken, type FetchedToken } from './fetch-token.js'

interface Kept {
  readonly fetched: FetchedToken
  readonly untilMs: number
}

/** A memoized fetch, with a `Map` that forgets expired tokens as its cache. */
export const pMemoizeContender: Contender = {
  name: 'p-memoize',
  open: (upstream) => {
    const kept = new Map<number, Kept>()
    const cache = {
      has: (account: number) => {
        const entry = kept.get(account)
        return entry !== undefined && Date.now() < entry.untilMs
      },
      get: (account: number) => kept.get(account)?.fetched,
      set: (account: number, fetched: FetchedToken) => {
        kept.set(account, { fetched, untilMs: Date.now() + fetched.keepMs })
      },
      delete: (account: number) => kept.delete(account),
    }
    const memoized = pMemoize((account: number) => fetchToken(upstream, account), { cache })
    return {
      getToken: async (account) => (await memoized(account)).value,
      replaceRejected: async (account) => {
        kept.delete(account)
        return (await memoized(account)).value
      },
    }
  },
}
