import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { createClientKey } from '@lingpai/server'
import { testClock, type TestClock } from '@lingpai/testing'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import { bundled } from '../../testing/test/support/bundle.js'
import { TokenServerClient } from '../src/index.js'

const server = bundled(new URL('children/token-server.ts', import.meta.url))
const oneShot = bundled(new URL('children/one-shot.ts', import.meta.url))

const { text: key, key: storedKey } = createClientKey({ name: 'shop', role: 'reporter', accounts: ['mp'] }, 0)
let clock: TestClock
let simulator: Simulator
let children: ChildProcess[]

beforeEach(async () => {
  clock = testClock()
  simulator = await startSimulator({ clock })
  children = []
})

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await simulator.close()
})

/** Starts a server in a child process. */
async function startServer(port = 0): Promise<{ readonly url: string; kill(): Promise<void> }> {
  const facts = { port, platform: `${simulator.url}/wechat`, account: simulator.accounts.wechat, key: storedKey }
  const child = spawn(process.execPath, [await server, JSON.stringify(facts)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string]
  return {
    url,
    kill: async () => {
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    },
  }
}

test("a killed server's token is served until it expires, then calls fail with TransportError until the server is back", async () => {
  const { url, kill } = await startServer()
  await using client = new TokenServerClient({ url, key, clock, random: () => 0.5 })
  const source = client.source('mp')
  const token = await source.getAccessToken()
  const { expiresAtMs } = await source.getRecord()
  await clock.advance(0)
  await kill()

  for (const leftMs of [600_000, 9000]) {
    await clock.advance(expiresAtMs - clock.now() - leftMs)
    expect(await clock.runUntil(source.getAccessToken())).toBe(token)
  }
  await clock.advance(expiresAtMs - clock.now())
  const calls = await clock.runUntil(Promise.allSettled([source.getAccessToken(), source.getAccessToken()]))
  for (const call of calls)
    expect(call).toMatchObject({
      status: 'rejected',
      reason: {
        code: 'ERR_LINGPAI_TRANSPORT',
        retryable: true,
        details: { provider: 'token-server', phase: 'connect' },
      },
    })
  expect(source.status().state).toBe('failing')
  // No request went to the platform instead.
  expect(simulator.ledger.tokenRequests()).toBe(1)

  await startServer(Number(new URL(url).port))
  await clock.advance(120_000)
  // The new server runs on real time in a child process, while the test clock stands still.
  const next = await source.getAccessToken()
  expect(next).not.toBe(token)
  expect(source.status().state).toBe('valid')
})

test.each(['close', 'leave'])('a program exits by itself with a client open or closed: %s', async (ending) => {
  const { url } = await startServer()
  const { stdout } = await promisify(execFile)(process.execPath, [await oneShot, url, key, ending], {
    timeout: 20_000,
  })
  expect(stdout).toMatch(ending === 'close' ? /^quiet$/m : /^(quiet|timers)$/m)
})
