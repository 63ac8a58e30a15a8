import { TokenManager, type IAccessTokenCache, type TokenManagerOptions } from '@lingpai/core'
import { tokenBook } from '../simulator/token-book.js'
import { finalCalls } from './final-calls.js'
import type { FleetBreach } from './fleet-breach.js'
import { planCalls } from './fleet-callers.js'
import { faults } from './fleet-faults.js'
import { fleetPlan, type AccountPlan, type FleetPlan, type FleetProfile, type FleetWishes } from './fleet-plan.js'
import { fleetProvider, rulesOf } from './fleet-platforms.js'
import { fleetTrace } from './fleet-trace.js'
import { startProcess } from './start-process.js'
import { virtualStore } from './virtual-store.js'
import { virtualTime } from './virtual-time.js'
import type { FleetFigures, TokenTruth, VirtualAccount, VirtualWorld } from './virtual-world.js'

/** Options of a run. */
export interface FleetOptions extends FleetWishes {
  /** Determines everything that happens that is not wished for: a non-negative integer. */
  readonly seed: number
  /** Creates the managers, to run the checks on another build of the core. @default this core's `TokenManager` */
  readonly managerOf?: (options: TokenManagerOptions) => TokenManager
  /** Wraps the cache of each manager. @default none */
  readonly wrapCache?: (cache: IAccessTokenCache) => IAccessTokenCache
  /** Called with each line of the trace at once. */
  readonly onTrace?: (line: string) => void
}

/** The result of a run. */
export interface FleetReport {
  readonly seed: number
  readonly profile: FleetProfile
  /** Fingerprint of all that happened: the same for the same seed. */
  readonly hash: string
  readonly lines: number
  /** Virtual milliseconds. */
  readonly ranMs: number
  readonly figures: Readonly<FleetFigures>
  /** The first broken guarantee. */
  readonly broken?: FleetBreach
}

/** Number of trace lines in a breach. */
const shownLines = 40

/** The quiet time at the end, in which everything must recover. */
const quietMs = 20 * 60_000

/**
 * Runs many managers, as several processes on several hosts, over a virtual network, store, clock and platform, with
 * faults: all in this process, almost without real time, and repeatable by the seed. Checks the guarantees G1 to G8 throughout.
 *
 * @returns a report, which also contains a broken guarantee
 * @example
 * ```ts
 * import { simulateFleet } from '@lingpai/testing/fleet'
 * import assert from 'node:assert/strict'
 * import { test } from 'node:test'
 *
 * test('a hundred fleets keep every guarantee', async () => {
 *   for (let seed = 1; seed <= 100; seed++) {
 *     const { broken } = await simulateFleet({ seed, profile: 'everything' })
 *     assert.equal(broken, undefined, `seed ${seed}: ${broken?.guarantee}, ${broken?.what}`)
 *   }
 * })
 * ```
 */
export async function simulateFleet(options: FleetOptions): Promise<FleetReport> {
  const plan = fleetPlan(options.seed, options)
  let broken: FleetBreach | undefined
  const world = openWorld(plan, options, (breach) => {
    broken ??= breach
  })
  const { time, trace, startMs, figures } = world
  trace.add(
    startMs,
    'plan',
    `${plan.profile}, ${plan.accounts.map(({ mode }) => mode).join(' and ')}`,
    plan.slots.length,
  )
  const store = virtualStore(world)
  for (const slot of plan.slots.keys()) {
    time.after(world.random.chance(0.5) ? 0 : world.random.between(0, 60_000), () => {
      startProcess(world, store, slot)
    })
  }
  faults(world, store)
  await time.run(startMs + plan.horizonMs)
  if (broken === undefined) {
    finalCalls(world, store, quietMs)
    await time.run(startMs + plan.horizonMs + quietMs)
  }
  return {
    seed: plan.seed,
    profile: plan.profile,
    hash: trace.hash(),
    lines: trace.length(),
    ranMs: time.nowMs() - startMs,
    figures,
    ...(broken !== undefined && { broken }),
  }
}

function openWorld(plan: FleetPlan, options: FleetOptions, onBreach: (breach: FleetBreach) => void): VirtualWorld {
  const startMs = Date.UTC(2026, 0, 1)
  const time = virtualTime(startMs)
  const trace = fleetTrace(startMs, options.onTrace)
  const accounts: VirtualAccount[] = []
  const world: VirtualWorld = {
    plan,
    startMs,
    time,
    trace,
    hosts: plan.hosts.map(({ skewMs }, i) => ({ name: `h${i}`, skewMs, sleptMs: 0, asleepUntilMs: 0, jumps: [] })),
    accounts,
    tokens: new Map(),
    slots: plan.slots.map(() => undefined),
    entries: new Map(),
    random: plan.random.fork(),
    weather: {
      store: 'fine',
      storeTroubleAtMs: -Infinity,
      lossChance: 0,
      upstream: plan.accounts.map(() => 'fine'),
      apiErrs: 0,
    },
    figures: noFigures(),
    onErrand: () => undefined,
    managerOf: options.managerOf ?? ((managerOptions) => new TokenManager(managerOptions)),
    wrapCache: options.wrapCache ?? ((cache) => cache),
    broken: (guarantee, what) => {
      trace.add(time.nowMs(), guarantee, `BROKEN: ${what}`)
      onBreach({ guarantee, what, atMs: time.nowMs() - startMs, trace: trace.last(shownLines) })
      time.stop()
    },
  }
  for (const [index, account] of plan.accounts.entries()) accounts.push(openAccount(world, account, index))
  return world
}

function openAccount(world: VirtualWorld, { mode, lifeSeconds }: AccountPlan, index: number): VirtualAccount {
  const name = ['a', 'b'][index] ?? `a${index}`
  const tokens: TokenTruth[] = []
  const account: VirtualAccount = {
    index,
    name,
    mode,
    lifeMs: lifeSeconds * 1000,
    provider: fleetProvider(mode),
    credentials: { corp: world.plan.isOneCorp ? 'corp' : `corp-${name}`, app: `app-${name}`, secret: `simsec-${name}` },
    tokens,
    requests: [],
    asking: undefined,
    key: undefined,
    epoch: 0,
    lostAtMs: -Infinity,
    failedAtMs: -Infinity,
    failedBy: undefined,
    excusedUntilMs: -Infinity,
    coolUntilMs: -Infinity,
    cooledAtMs: -Infinity,
    cooledBy: undefined,
    hurtAtMs: -Infinity,
    book: tokenBook({
      rules: () => rulesOf(mode, lifeSeconds),
      nowMs: world.time.nowMs,
      leastLifeMs: 1000,
      mint: () => {
        const order = tokens.length + 1
        return { value: `simtok-${world.plan.seed}-${name}-${order}`, id: `${name}#${order}` }
      },
      onIssue: (sim) => {
        const order = tokens.length + 1
        const token: TokenTruth = {
          name: sim.id,
          account,
          order,
          sim,
          by: account.asking,
          isReported: false,
          isKnown: false,
          knownExpiresAtMs: 0,
          isShared: false,
          putBackSinceMs: -Infinity,
          repeats: 0,
        }
        tokens.push(token)
        world.tokens.set(sim.value, token)
        planCalls(world, token)
      },
    }),
  }
  return account
}

function noFigures(): FleetFigures {
  return {
    processes: 0,
    calls: 0,
    served: 0,
    failed: 0,
    requests: 0,
    tokens: 0,
    repeats: 0,
    rejections: 0,
    crashes: 0,
    stops: 0,
    storeFaults: 0,
    reads: 0,
    writes: 0,
    leases: 0,
    notifications: 0,
    excused: 0,
  }
}
