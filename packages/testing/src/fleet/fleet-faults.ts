import { hasReset } from './fleet-platforms.js'
import { startProcess } from './start-process.js'
import type { VirtualStore } from './virtual-store.js'
import type { Errand, StoreWeather, UpstreamWeather, VirtualProcess, VirtualWorld } from './virtual-world.js'

const storeWeathers: readonly [StoreWeather, ...StoreWeather[]] = ['refusing', 'silent', 'read-only', 'slow', 'slow']
const upstreamWeathers: readonly [UpstreamWeather, ...UpstreamWeather[]] = [
  'refusing',
  'silent',
  'mute',
  'mute',
  'reset',
  'slow',
  'slow',
  'status',
  'status-after',
  'html',
  'no-token',
  'no-life',
  'throttled',
  'limited',
  'bad-secret',
  'busy',
]
/** Errands of a refresh, where faults do the most harm. */
const critical = new Set<Errand>(['take', 'token', 'commit', 'set', 'release'])

/** Schedules the trouble of a plan until its horizon: at any time, and more often around refreshes. */
export function faults(world: VirtualWorld, store: VirtualStore): void {
  const { plan, random, time, startMs } = world
  const { trouble, horizonMs } = plan
  const isOver = (): boolean => time.nowMs() >= startMs + horizonMs
  const sometimes = (amount: number, perRun: number, strike: () => void): void => {
    const count = amount > 0 ? Math.round(random.number() * 2 * perRun * amount) : 0
    for (let i = 0; i < count; i += 1) time.at(startMs + random.between(0, horizonMs), strike)
  }
  const anyone = (): VirtualProcess | undefined => world.slots[random.between(0, world.slots.length - 1)]

  sometimes(trouble.crashes, 2, () => crash(world, store, anyone()))
  sometimes(trouble.stalls, 3, () => stall(world, anyone()))
  sometimes(trouble.store, 4, () => storeTrouble(world, store))
  sometimes(trouble.clocks, 4, () => clockTrouble(world))
  sometimes(trouble.rivals, 2, () => rival(world))
  sometimes(trouble.upstream, 4, () => upstreamTrouble(world))
  sometimes(trouble.upstream, 1, () => revoke(world))
  world.weather.apiErrs = trouble.upstream > 0 && random.chance(0.2) ? 0.01 : 0
  world.weather.lossChance = trouble.store > 0 && random.chance(0.3) ? 0.01 : 0

  world.onErrand = (process, errand) => {
    if (!critical.has(errand) || isOver()) return
    const soon = (strike: () => void): void => {
      time.after(random.chance(0.5) ? random.between(0, 150) : random.between(0, 3000), strike)
    }
    if (random.chance(trouble.crashes * 0.05)) soon(() => crash(world, store, process))
    if (random.chance(trouble.stalls * 0.1)) soon(() => stall(world, process))
    if (random.chance(trouble.store * 0.05)) soon(() => storeTrouble(world, store))
    if (random.chance(trouble.upstream * 0.03)) soon(() => upstreamTrouble(world))
    if (random.chance(trouble.rivals * 0.02)) soon(() => rival(world))
    if (random.chance(trouble.clocks * 0.03)) soon(() => clockTrouble(world))
  }
}

function crash(world: VirtualWorld, store: VirtualStore, process: VirtualProcess | undefined): void {
  if (process?.isAlive !== true) return
  process.kill()
  world.figures.crashes += 1
  world.trace.add(world.time.nowMs(), process.name, 'dies')
  world.slots[process.slot] = undefined
  world.time.after(world.random.between(0, world.random.pick([500, 5000, 120_000])), () => {
    startProcess(world, store, process.slot)
  })
}

function stall(world: VirtualWorld, process: VirtualProcess | undefined): void {
  if (process?.isAlive !== true || process.isFrozen) return
  const durationMs = world.random.between(1, world.random.pick([900, 3000, 10_000, 60_000, 600_000]))
  world.figures.stops += 1
  world.trace.add(world.time.nowMs(), process.name, 'stalls', durationMs)
  process.freeze(durationMs, false)
}

function storeTrouble(world: VirtualWorld, store: VirtualStore): void {
  const { random, time, trace, weather } = world
  const kind = random.between(0, 9)
  world.figures.storeFaults += 1
  if (kind === 0) {
    trace.add(time.nowMs(), 'store', 'loses everything')
    store.flush()
  } else if (kind === 1) {
    const account = random.pick([world.accounts[0], world.accounts[1]])
    trace.add(time.nowMs(), 'store', 'evicts', account?.name ?? '')
    if (account !== undefined) store.evict(account)
  } else if (kind <= 3) {
    const lagMs = random.between(1, random.pick([50, 1000, 5000]))
    trace.add(time.nowMs(), 'store', 'fails over, losing', lagMs)
    store.failOver(lagMs)
  } else if (kind <= 5) {
    const process = world.slots[random.between(0, world.slots.length - 1)]
    if (process === undefined) return
    const durationMs = random.between(1, random.pick([3000, 30_000, 600_000]))
    trace.add(time.nowMs(), process.name, 'is cut off from the store', durationMs)
    process.cutUntilMs = time.nowMs() + durationMs
  } else {
    const durationMs = random.between(1, random.pick([3000, 30_000, 600_000]))
    weather.store = random.pick(storeWeathers)
    trace.add(time.nowMs(), 'store', `is ${weather.store} for`, durationMs)
    time.after(durationMs, () => {
      weather.store = 'fine'
      trace.add(time.nowMs(), 'store', 'is fine')
    })
  }
}

function clockTrouble(world: VirtualWorld): void {
  const { random, time, trace, plan } = world
  const index = random.between(0, world.hosts.length - 1)
  const host = world.hosts[index]
  if (host === undefined) return
  const trouble = plan.hosts[index]?.trouble
  if (trouble === 'jumps') {
    const byMs = random.between(-600_000, 600_000)
    trace.add(time.nowMs(), host.name, 'sets its clock by', byMs)
    host.skewMs += byMs
    host.jumps.push({ atMs: time.nowMs(), byMs })
  } else if (trouble === 'sleeps' && host.asleepUntilMs <= time.nowMs()) {
    const durationMs = random.between(1, random.pick([5000, 600_000, 3_600_000]))
    const sleepers = world.slots.filter((process) => process?.host === host)
    if (sleepers.some((process) => process?.isFrozen === true)) return
    trace.add(time.nowMs(), host.name, 'sleeps for', durationMs)
    for (const process of sleepers) process?.freeze(durationMs, true)
    host.asleepUntilMs = time.nowMs() + durationMs
    time.after(durationMs, () => {
      host.sleptMs += durationMs
    })
  }
}

function rival(world: VirtualWorld): void {
  const account = world.random.pick([world.accounts[0], world.accounts[1]])
  if (account === undefined) return
  const { mode, book } = account
  world.trace.add(world.time.nowMs(), 'rival', 'asks for', account.name)
  account.hurtAtMs = world.time.nowMs()
  if (!hasReset(mode) || world.random.chance(0.5)) book.ask()
  else book.rotate()
}

function revoke(world: VirtualWorld): void {
  const account = world.random.pick([world.accounts[0], world.accounts[1]])
  if (account === undefined) return
  const sticky = world.random.chance(0.3)
  world.trace.add(
    world.time.nowMs(),
    'up',
    sticky ? 'kills but repeats the token of' : 'kills the token of',
    account.name,
  )
  account.hurtAtMs = world.time.nowMs()
  account.book.revoke({ sticky })
}

function upstreamTrouble(world: VirtualWorld): void {
  const { random, time, trace, weather } = world
  const index = random.between(0, 1)
  const durationMs = random.between(1, random.pick([2000, 30_000, 900_000]))
  const kind = random.pick(upstreamWeathers)
  weather.upstream[index] = kind
  trace.add(time.nowMs(), 'up', `is ${kind} to ${world.accounts[index]?.name ?? ''} for`, durationMs)
  time.after(durationMs, () => {
    weather.upstream[index] = 'fine'
    trace.add(time.nowMs(), 'up', 'is fine to', world.accounts[index]?.name ?? '')
  })
}
