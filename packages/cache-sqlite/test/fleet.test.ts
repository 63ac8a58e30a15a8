import { rm, truncate } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import { childrenOf, type Child } from '../../testing/test/support/child.js'
import { temporaryDirectories } from '../../testing/test/support/temporary-directory.js'

const temporaryDirectory = temporaryDirectories()
const startChild = childrenOf(new URL('worker.ts', import.meta.url))
let simulator: Simulator
let path: string
let children: Child[]
beforeEach(async () => {
  simulator = await startSimulator()
  path = join(await temporaryDirectory(), 'tokens.db')
  children = []
})
afterEach(async () => {
  for (const child of children) child.signal('SIGKILL')
  await Promise.all(children.map(async (child) => child.ended))
  await simulator.close()
})

async function startFleet(size: number): Promise<readonly Child[]> {
  const facts = JSON.stringify({ url: simulator.url, ...simulator.accounts.wechat })
  const fleet = Array.from({ length: size }, () => startChild('fleet', path, facts))
  children.push(...fleet)
  for (const child of fleet) expect(await child.line()).toBe('ready')
  return fleet
}

/** Sends the same command to all processes, and collects their responses. */
async function tellAll(fleet: readonly Child[], command: string): Promise<ReadonlySet<string | undefined>> {
  for (const child of fleet) child.tell(command)
  return new Set(await Promise.all(fleet.map(answerOf)))
}

/** A lease may disappear with its file; the requests made under it are counted. */
async function answerOf(child: Child): Promise<string | undefined> {
  const line = await child.line()
  return line === 'lease-lost' ? answerOf(child) : line
}

test('a file that is deleted, cut or emptied under a fleet costs no request, and the next expiry costs one', async () => {
  const fleet = await startFleet(4)
  await tellAll(fleet, 'call 10')
  const misfortunes = [
    async () => rm(path),
    async () => truncate(path, 5000),
    async () => truncate(path, 0),
    // A process may be writing there.
    async () => rm(dirname(path), { recursive: true, maxRetries: 10 }),
  ]
  for (const [index, happen] of misfortunes.entries()) {
    await happen()
    expect(await tellAll(fleet, 'call 10')).toEqual(new Set([`generation ${String(index + 1)}`]))
    expect(simulator.ledger.tokenRequests()).toBe(index + 1)
    simulator.skipTime(7_201_000)
    await tellAll(fleet, 'skip 7201000')
    expect(await tellAll(fleet, 'call 10')).toEqual(new Set([`generation ${String(index + 2)}`]))
    expect(simulator.ledger.tokenRequests()).toBe(index + 2)
  }
  expect(simulator.ledger.deadPresented()).toBe(0)
}, 60_000)
