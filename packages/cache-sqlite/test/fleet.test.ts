import { rm, truncate } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { startSimulator, type Simulator } from '@lingpai/testing'
import { startChild, type Child } from './child.js'
import { temporaryDirectories } from './temporary-directory.js'

const temporaryDirectory = temporaryDirectories()
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

/** Tells the same to all at once, and gives what each of them says next. */
async function tellAll(fleet: readonly Child[], command: string): Promise<ReadonlySet<string | undefined>> {
  for (const child of fleet) child.tell(command)
  return new Set(await Promise.all(fleet.map(async (child) => child.line())))
}

async function requestsSeen(count: number): Promise<void> {
  while (simulator.ledger.tokenRequests() < count) await new Promise((resolve) => setImmediate(resolve))
}

test('8 processes of 50 callers each make one upstream request cold, and one for each of 20 expiries', async () => {
  const fleet = await startFleet(8)
  expect(await tellAll(fleet, 'call 50')).toEqual(new Set(['generation 1']))
  expect(simulator.ledger.tokenRequests()).toBe(1)
  for (let cycle = 1; cycle <= 20; cycle++) {
    simulator.skipTime(7_201_000)
    expect(await tellAll(fleet, 'skip 7201000')).toEqual(new Set(['skipped']))
    expect(await tellAll(fleet, 'call 50')).toEqual(new Set([`generation ${String(cycle + 1)}`]))
    expect(simulator.ledger.tokenRequests()).toBe(cycle + 1)
  }
  expect(simulator.ledger.deadPresented()).toBe(0)
}, 120_000)

test('a file that is deleted, cut or emptied under a fleet costs no request, and the next expiry costs one', async () => {
  const fleet = await startFleet(4)
  await tellAll(fleet, 'call 10')
  const misfortunes = [
    async () => rm(path),
    async () => truncate(path, 5000),
    async () => truncate(path, 0),
    async () => rm(dirname(path), { recursive: true }),
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

test('a holder killed while it asks upstream is replaced: two requests in all', async () => {
  simulator.fault({ endpoint: 'token', hang: true })
  const [holder] = await startFleet(1)
  holder?.tell('call 1')
  await requestsSeen(1)
  const fleet = await startFleet(4)
  simulator.clearFaults()
  const startedAt = performance.now()
  holder?.signal('SIGKILL')
  expect(await tellAll(fleet, 'call 50')).toEqual(new Set(['generation 1']))
  expect(performance.now() - startedAt).toBeLessThan(3000)
  expect(simulator.ledger.tokenRequests()).toBe(2)
}, 60_000)

test('a holder stopped past its lease comes back too late: its commit is refused and it takes the newer token', async () => {
  const slow = simulator.fault({ endpoint: 'token', latencyMs: 300 })
  const [holder] = await startFleet(1)
  holder?.tell('call 1')
  await requestsSeen(1)
  holder?.signal('SIGSTOP')
  slow.clear()
  const successor = await startFleet(1)
  expect(await tellAll(successor, 'call 10')).toEqual(new Set(['generation 1']))
  holder?.signal('SIGCONT')
  expect(await holder?.line()).toBe('lease-lost')
  expect(await holder?.line()).toMatch(/^generation [12]$/)
  expect(await tellAll(successor, 'call 10')).toEqual(await tellAll(holder === undefined ? [] : [holder], 'call 10'))
}, 60_000)
