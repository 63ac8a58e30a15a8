import { Cacheable, CacheableHooks } from 'cacheable'
import { accountId, type Contender } from '../harness/contender.js'
import { fetchToken } from './fetch-token.js'

/** `getOrSet`, and a hook that sets the time to live, which is only known with the response. */
export const cacheable: Contender = {
  name: 'cacheable',
  open: (upstream, accounts) => {
    const keys = Array.from({ length: accounts }, (_, account) => accountId(account))
    const cache = new Cacheable()
    const keepMsOf = new Map<string, number>()
    cache.onHook(CacheableHooks.BEFORE_SET, (data: { readonly value: string; ttl?: number | undefined }) => {
      data.ttl = keepMsOf.get(data.value)
      keepMsOf.delete(data.value)
    })
    const getToken = async (account: number): Promise<string> => {
      const load = async (): Promise<string> => {
        const { value, keepMs } = await fetchToken(upstream, account)
        keepMsOf.set(value, keepMs)
        return value
      }
      const token = await cache.getOrSet(keys[account]!, load, { throwErrors: true })
      return token ?? ''
    }
    return {
      getToken,
      replaceRejected: async (account) => {
        await cache.delete(keys[account]!)
        return getToken(account)
      },
      close: async () => cache.disconnect(),
    }
  },
}
