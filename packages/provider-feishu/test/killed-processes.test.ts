import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import { childrenOf } from '../../testing/test/support/child.js'
import { temporaryDirectories } from '../../testing/test/support/temporary-directory.js'

const temporaryDirectory = temporaryDirectories()
const startChild = childrenOf(new URL('store-app-child.ts', import.meta.url))
const app = { appId: 'cli_a1b2c3', appSecret: 'PLANTED-SECRET-of-a-store-app' }

let simulator: Simulator
beforeEach(async () => {
  simulator = await startSimulator({ accounts: { feishu: [{ ...app, tenants: ['tenant-a'] }] } })
})
afterEach(() => simulator.close())

/** Starts a process that receives events, has one pushed to it, and kills it when it has acknowledged. */
async function pushAndKill(directory: string): Promise<void> {
  const receiver = startChild('receive', directory, app.appId)
  simulator.change('feishu', { pushUrl: `http://127.0.0.1:${await receiver.line()}/events` })
  simulator.push('feishu')
  expect(await receiver.line()).toBe('kept')
  receiver.signal('SIGKILL')
  await receiver.ended
}

const user = (directory: string) => startChild('call', directory, app.appId, app.appSecret, `${simulator.url}/feishu`)

test('a process killed after it acknowledged a ticket leaves it to the next process', async () => {
  const directory = await temporaryDirectory()
  await pushAndKill(directory)
  expect(await user(directory).line()).toBe('200')
  // A newer ticket replaces the old one, whichever process received it.
  await pushAndKill(directory)
  simulator.revoke('feishu')
  expect(await user(directory).line()).toBe('200')
  expect(simulator.ledger.deadPresented({ kind: 'unknown' })).toBe(0)
}, 60_000)

test('a process killed between reading a ticket and its token costs no ticket', async () => {
  const directory = await temporaryDirectory()
  await pushAndKill(directory)
  simulator.fault({ platform: 'feishu', endpoint: '/open-apis/auth/v3/app_access_token', hang: true })
  const first = user(directory)
  while (simulator.ledger.tokenRequests() === 0) await new Promise((resolve) => setImmediate(resolve))
  first.signal('SIGKILL')
  await first.ended
  expect(await user(directory).line()).toBe('200')
  expect(simulator.ledger.tokensIssued()).toBe(2)
}, 60_000)
