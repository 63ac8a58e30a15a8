import type { LingpaiEventName } from '@lingpai/core'
import { checkLeak } from './check-leaks.js'
import { callAt } from './fleet-callers.js'
import { storeLink } from './store-link.js'
import { virtualFetch } from './virtual-fetch.js'
import { virtualProcess } from './virtual-process.js'
import type { VirtualStore } from './virtual-store.js'
import type { VirtualWorld } from './virtual-world.js'

const eventNames = [
  'refreshed',
  'adopted',
  'same-token',
  'served-stale',
  'rejected',
  'refresh-failed',
  'cache-failed',
  'lease-lost',
  'foreign-refresh',
] as const satisfies readonly LingpaiEventName[]

/** Starts a cold process in a slot: a manager with a source for each account, and its first calls. */
export function startProcess(world: VirtualWorld, store: VirtualStore, slot: number): void {
  const { plan, time, random, trace } = world
  const place = plan.slots[slot]
  const host = world.hosts[place?.host ?? 0]
  if (place === undefined || host === undefined) return
  if (host.asleepUntilMs > time.nowMs()) {
    time.at(host.asleepUntilMs + 1, () => {
      startProcess(world, store, slot)
    })
    return
  }
  world.figures.processes += 1
  const name = `p${slot}.${world.figures.processes}`
  const process = virtualProcess({ name, slot, host, time, accounts: world.accounts.length, random: random.fork() })
  trace.add(time.nowMs(), name, 'starts on', host.name)
  world.slots[slot] = process
  process.enter(() => {
    const manager = world.managerOf({
      cache: world.wrapCache(storeLink(world, process, store)),
      clock: process.clock,
      fetch: virtualFetch(world, process),
      random: process.random.number,
    })
    for (const event of eventNames) {
      manager.on(event, (facts) => {
        trace.add(time.nowMs(), name, `* ${event}`, 'generation' in facts ? facts.generation : '')
        checkLeak(world, `the event ${event}`, facts)
      })
    }
    process.sources = world.accounts.map(({ provider, credentials }) => manager.source(provider, { ...credentials }))
    if (place.keepsRefreshing) for (const source of process.sources) source.startBackgroundRefresh()
  })
  for (const account of world.accounts) {
    if (place.activity > 0.3) callAt(world, slot, account, time.nowMs() + random.between(0, 50), random.between(1, 4))
    callAt(world, slot, account, time.nowMs() + random.between(0, 2000))
  }
}
