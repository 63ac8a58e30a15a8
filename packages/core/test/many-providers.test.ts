import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { TokenManager } from '@lingpai/core'
import { wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { plainCache } from './plain-cache.js'

const appSecret = 'demo-secret-of-all-the-tenants'

/** The heap after everything that nothing holds has been freed. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}

test('a removed source leaves nothing of its provider, for a program that extends one for each tenant', () => {
  const manager = new TokenManager({ cache: plainCache().cache })
  const comeAndGo = (from: number, count: number): void => {
    for (let tenant = from; tenant < from + count; tenant += 1) {
      const provider = wechatMpPlain.extend({ baseUrl: `http://tenant-${tenant}.example.com` })
      manager.remove(manager.source(provider, { appId: `wx${String(tenant).padStart(16, '0')}`, appSecret }))
    }
  }
  comeAndGo(0, 500)
  const before = heapUsed()
  comeAndGo(500, 2000)
  // A description of a provider takes 15 KB.
  expect((heapUsed() - before) / 2000).toBeLessThan(4000)
})
