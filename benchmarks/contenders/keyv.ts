import Keyv from 'keyv'
import { accountId, type Contender } from '../harness/contender.js'
import { fetchToken } from './fetch-token.js'

/** Get, and on a miss fetch and set: it has no single flight. */
export const keyv: Contender = {
  name: 'keyv',
  open: (upstream, accounts) => {
    const keys = Array.from({ length: accounts }, (_, account) => accountId(account))
    const cache = new Keyv<string>()
    const fetchNext = async (account: number): Promise<string> => {
      const { value, keepMs } = await fetchToken(upstream, account)
      await cache.set(keys[account]!, value, keepMs)
      return value
    }
    return {
      getToken: async (account) => (await cache.get(keys[account]!)) ?? fetchNext(account),
      replaceRejected: async (account) => {
        await cache.delete(keys[account]!)
        return fetchNext(account)
      },
    }
  },
}
