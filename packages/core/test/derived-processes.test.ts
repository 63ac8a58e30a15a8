import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ConfigError, TokenManager } from '@lingpai/core'
import { fileCache } from '@lingpai/cache-file'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import { bundled } from '../../testing/test/support/bundle.js'

const ticketCaller = bundled(new URL('children/ticket-caller.ts', import.meta.url))

let simulator: Simulator
let directory: string
let children: ChildProcess[]
beforeEach(async () => {
  simulator = await startSimulator()
  directory = await mkdtemp(join(tmpdir(), 'lingpai-'))
  children = []
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await simulator.close()
  await rm(directory, { recursive: true, force: true })
})

/** A process that is ready to call. */
async function startCaller(callers: number): Promise<{ readonly ask: () => Promise<unknown> }> {
  const facts = { directory, url: simulator.url, ...simulator.accounts.wechat, callers: String(callers) }
  const child = spawn(process.execPath, [await ticketCaller, JSON.stringify(facts)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<string> => {
    const line = await lines.next()
    if (line.done === true) throw new ConfigError('the process ended early')
    return line.value
  }
  await next()
  return {
    ask: async () => {
      child.stdin.write('go\n')
      return JSON.parse(await next()) as unknown
    },
  }
}

test('8 processes of 50 callers each, cold on one file cache, make one ticket request and one token request', async () => {
  const fleet = await Promise.all(Array.from({ length: 8 }, () => startCaller(50)))
  const said = await Promise.all(fleet.map(({ ask }) => ask()))
  expect(said).toEqual(fleet.map(() => ({ failed: 0, values: 1, generations: [1] })))
  const { ledger } = simulator
  expect([ledger.tokenRequests(), ledger.ticketRequests(), ledger.deadPresented()]).toEqual([1, 1, 0])
}, 60_000)

test('8 processes, cold on a ticket and with a revoked token in their cache, make one more token request', async () => {
  const manager = new TokenManager({ cache: fileCache({ directory }) })
  await manager.source(wechatMp.extend({ baseUrl: `${simulator.url}/wechat` }), simulator.accounts.wechat).getRecord()
  simulator.revoke('wechat')
  const fleet = await Promise.all(Array.from({ length: 8 }, () => startCaller(10)))
  const said = await Promise.all(fleet.map(({ ask }) => ask()))
  expect(said).toEqual(fleet.map(() => ({ failed: 0, values: 1, generations: [1] })))
  const { ledger } = simulator
  expect([ledger.tokenRequests(), ledger.ticketRequests(), ledger.deadPresented()]).toEqual([2, 2, 1])
  await manager.close()
}, 60_000)
