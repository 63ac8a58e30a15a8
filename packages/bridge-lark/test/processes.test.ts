import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import { bundled } from '../../testing/test/support/bundle.js'
import { startProgram, type Child } from '../../testing/test/support/child.js'
import { startRedis } from '../../testing/test/support/redis-server.js'
import { temporaryDirectories } from '../../testing/test/support/temporary-directory.js'
import type { CallerFacts } from './children/caller.js'

const program = bundled(new URL('children/caller.ts', import.meta.url))
const patienceMs = 120_000

interface TestStore {
  readonly url: string
  readonly close: () => Promise<void>
}

let simulator: Simulator
let store: TestStore
let children: readonly Child[]

async function said(child: Child, start: string): Promise<string> {
  const line = await child.line()
  if (line?.startsWith(start) !== true) throw new RangeError(`a process said ${String(line)}`)
  return line
}

async function callAll(): Promise<readonly string[]> {
  for (const child of children) child.tell('call')
  return Promise.all(children.map((child) => said(child, 'failed')))
}

const directory = temporaryDirectories()
const stores: readonly (readonly [name: string, open: () => Promise<TestStore>])[] = [
  ['file', async () => ({ url: `file:${await directory()}/tokens`, close: async () => undefined })],
  // `jest.config.ts` says whether this machine lacks it.
  ...(process.env['LINGPAI_TEST_REDIS'] === 'missing' ? [] : ([['redis', () => startRedis()]] as const)),
]

describe.each(stores)('%s', (_, open) => {
  beforeEach(async () => {
    simulator = await startSimulator()
    store = await open()
    const { appId, appSecret } = simulator.accounts.feishu
    const facts: CallerFacts = { cacheUrl: store.url, baseUrl: `${simulator.url}/feishu`, appId, appSecret }
    const file = await program
    children = Array.from({ length: 8 }, () => startProgram({ file, args: [JSON.stringify(facts)] }))
    await Promise.all(children.map((child) => said(child, 'ready')))
  }, patienceMs)
  afterEach(async () => {
    for (const child of children) child.signal('SIGKILL')
    await Promise.all(children.map(({ ended }) => ended))
    await simulator.close()
    await store.close()
  })

  test(
    '8 processes with the SDK and 20 callers each make one token request, and one more when the token is revoked',
    async () => {
      expect(await callAll()).toEqual(Array(8).fill('failed 0'))
      expect(simulator.ledger.tokenRequests()).toBe(1)
      simulator.revoke('feishu')
      expect(await callAll()).toEqual(Array(8).fill('failed 0'))
      expect(simulator.ledger.tokenRequests()).toBe(2)
    },
    patienceMs,
  )
})
