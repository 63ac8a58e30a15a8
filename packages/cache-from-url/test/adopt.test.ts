import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import { childrenOf, type Child } from '../../testing/test/support/child.js'
import { stores } from './stores.js'

const start = childrenOf(new URL('children/adopter.ts', import.meta.url))
const outside = 'PLANTED-TOKEN-of-others'

let simulator: Simulator
beforeEach(async () => {
  simulator = await startSimulator()
})
afterEach(() => simulator.close())

test.each(stores)(
  'a token adopted by one process is used by the other over %s without an upstream request',
  async (_, open) => {
    const store = await open()
    const { appId, appSecret } = simulator.accounts.wechat
    const [first, second] = [1, 2].map(() => start(store.url, simulator.url, appId, appSecret, outside)) as [
      Child,
      Child,
    ]
    try {
      const said = async (child: Child): Promise<unknown> => JSON.parse((await child.line()) ?? 'null')
      const ready = { event: 'ready', generation: 1, isOutside: false }
      expect(await Promise.all([said(first), said(second)])).toEqual([ready, ready])
      first.tell('adopt')
      const adopted = { event: 'adopted', generation: 2, isOutside: true }
      expect(await Promise.all([said(first), said(second)])).toEqual([adopted, adopted])
      expect(simulator.ledger.tokenRequests()).toBe(1)
      for (const child of [first, second]) child.tell('end')
      await Promise.all([first.ended, second.ended])
    } finally {
      await store.close()
    }
  },
  60_000,
)
