import { LRUCache } from 'lru-cache'
import { accountId, type Contender } from '../harness/contender.js'
import { fetchToken } from './fetch-token.js'

/** `fetch` with a `fetchMethod` that sets the time to live. */
export const lruCache: Contender = {
  name: 'lru-cache',
  open: (upstream, accounts) => {
    const keys = Array.from({ length: accounts }, (_, account) => accountId(account))
    const cache = new LRUCache<string, string, number>({
      max: accounts + 1,
      ttl: 7_190_000,
      fetchMethod: async (_key, _stale, { options, context }) => {
        const { value, keepMs } = await fetchToken(upstream, context)
        options.ttl = keepMs
        return value
      },
    })
    const getToken = async (account: number, forceRefresh: boolean): Promise<string> =>
      (await cache.fetch(keys[account]!, { context: account, forceRefresh })) ?? ''
    return {
      getToken: (account) => getToken(account, false),
      replaceRejected: (account) => getToken(account, true),
    }
  },
}
