import { getToken } from './fleet-callers.js'
import { startProcess } from './start-process.js'
import type { VirtualStore } from './virtual-store.js'
import type { VirtualWorld } from './virtual-world.js'

/** Ends all trouble, and then calls every process a few times: each must have recovered by itself. */
export function finalCalls(world: VirtualWorld, store: VirtualStore, quietMs: number): void {
  const { time, random, weather, trace } = world
  Object.assign(weather, { store: 'fine', lossChance: 0, apiErrs: 0 })
  weather.upstream.fill('fine')
  trace.add(time.nowMs(), 'plan', 'quiet from here on')
  for (const slot of world.slots.keys()) {
    if (world.slots[slot] === undefined) startProcess(world, store, slot)
    for (const account of world.accounts) {
      for (const afterMs of [random.between(100, 5000), random.between(60_000, 120_000), quietMs - 60_000]) {
        time.after(afterMs, () => {
          const process = world.slots[slot]
          process?.enter(() => {
            getToken(world, process, account)
          })
        })
      }
    }
  }
}
