import { memoryCache } from '@lingpai/cache-memory'
import { defineProvider, TokenManager, type Secret } from '@lingpai/core'
import { createClientKey, clientKeys, startTokenServer } from '../../src/index.js'
import { startSimulator } from '@lingpai/testing/simulator'
import { wecom } from '@lingpai/provider-wecom'
import { card, inBrowser } from './browser.js'
import { signIn } from './sign-in.js'

inBrowser('a hash in the kind of an account, which only keys need, is not shown', async ({ visit }) => {
  const simulator = await startSimulator()
  const { rebased: _, ...spec } = simulator.provider(wecom).spec
  const provider = defineProvider<{ readonly corpId: string; readonly agentId: string; readonly corpSecret: Secret }>({
    ...spec,
    kind: 'app-0123456789abcdef0123456789abcdef',
  })
  const cache = memoryCache()
  const manager = new TokenManager({ cache })
  const accounts = [{ name: 'orders', provider, source: manager.source(provider, simulator.accounts.wecom) }]
  const { text, key } = createClientKey({ name: 'reader', role: 'reader', accounts: '*' }, Date.now())
  const keys = clientKeys()
  keys.replace([key])
  const server = await startTokenServer({ accounts, manager, cache, keys, port: 0 })
  try {
    const page = await visit(server.url)
    await signIn(page, text)
    await card(page, 'orders').getByText('WeCom · app', { exact: true }).waitFor()
  } finally {
    await server.close()
    await manager.close()
    await simulator.close()
  }
})
