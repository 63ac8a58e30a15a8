import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import { accountId, type Contender } from '../harness/contender.js'
import { fetchToken } from './fetch-token.js'

/** `getOrSet` with the memory driver; the factory sets the time to live. */
export const bentocache: Contender = {
  name: 'bentocache',
  open: (upstream, accounts) => {
    const keys = Array.from({ length: accounts }, (_, account) => accountId(account))
    const cache = new BentoCache({
      default: 'memory',
      stores: { memory: bentostore().useL1Layer(memoryDriver({ maxItems: accounts + 1, serialize: false })) },
    })
    const getToken = (account: number): Promise<string> =>
      cache.getOrSet({
        key: keys[account]!,
        factory: async ({ setOptions }) => {
          const { value, keepMs } = await fetchToken(upstream, account)
          setOptions({ ttl: keepMs })
          return value
        },
      })
    return {
      getToken,
      replaceRejected: async (account) => {
        await cache.delete({ key: keys[account]! })
        return getToken(account)
      },
      close: () => cache.disconnectAll(),
    }
  },
}
