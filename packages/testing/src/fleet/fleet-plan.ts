import { drawnModes, type FleetMode } from './fleet-platforms.js'
import { randomStream, type RandomStream } from './random-stream.js'

/** What kind of trouble a run has. */
export type FleetProfile = 'calm' | 'crashes' | 'stalls' | 'store' | 'skew' | 'rival' | 'upstream' | 'everything'

/** All of {@link FleetProfile}. */
const fleetProfiles = [
  'calm',
  'crashes',
  'stalls',
  'store',
  'skew',
  'rival',
  'upstream',
  'everything',
] as const satisfies readonly FleetProfile[]

/** One account of a run. */
export interface AccountPlan {
  readonly mode: FleetMode
  readonly lifeSeconds: number
}

/** A place for a process; when it dies, the next one starts here. */
export interface SlotPlan {
  readonly host: number
  readonly keepsRefreshing: boolean
  /** How often it is called; 1 is average. */
  readonly activity: number
}

/** One host. */
export interface HostPlan {
  /** How far its wall clock is ahead of the true time. */
  readonly skewMs: number
  /** A host is suspended or its clock jumps: both at once could cancel out. */
  readonly trouble: 'jumps' | 'sleeps' | undefined
}

/** The shared store of a run. */
export interface StorePlan {
  readonly reach: 'host' | 'fleet'
  readonly hasClock: boolean
  readonly tellsOfWrites: boolean
  /** Whether an expired lease cannot commit, even if no other process took it. */
  readonly isStrict: boolean
  /** Whether messages of one process may overtake each other. */
  readonly isUnordered: boolean
  readonly longestTripMs: number
}

/** Amount of each kind of trouble: 0 is none, 1 a lot. */
export interface TroublePlan {
  readonly crashes: number
  readonly stalls: number
  readonly store: number
  readonly clocks: number
  readonly rivals: number
  readonly upstream: number
  readonly forced: number
}

/** How large a fleet is, where that is not drawn from the seed. */
export interface FleetSize {
  /** @default 2 */
  readonly accounts?: number
  /** @default drawn from the seed: 2 to 8 */
  readonly processes?: number
  /** @default drawn from the seed: 1 to 3 */
  readonly hosts?: number
}

/** Everything that a seed decides before a run starts. */
export interface FleetPlan {
  readonly seed: number
  readonly profile: FleetProfile
  readonly accounts: readonly AccountPlan[]
  /** Whether the accounts are two apps of one corporation. */
  readonly isOneCorp: boolean
  readonly slots: readonly SlotPlan[]
  readonly hosts: readonly HostPlan[]
  readonly store: StorePlan
  readonly trouble: TroublePlan
  /** Maximum number of calls, independent of the number of tokens. */
  readonly mostCalls: number
  /** Faults happen until this time; a quiet time follows. */
  readonly horizonMs: number
  readonly random: RandomStream
}

/** Calls of a fleet whose size is drawn from the seed. */
const mostCalls = 1500

/** What of a plan is not drawn from the seed. */
export interface FleetWishes {
  readonly profile?: FleetProfile
  readonly size?: FleetSize
  /** The platforms to draw the accounts' from, by how they renew. @default those that a seed draws from */
  readonly modes?: readonly [FleetMode, ...FleetMode[]]
}

/** Returns the plan of a seed. */
export function fleetPlan(seed: number, wishes: FleetWishes = {}): FleetPlan {
  const { size = {} } = wishes
  const plan = drawnPlan(seed, wishes)
  return Object.values(size).every((count) => count === undefined) ? plan : withSize(plan, size)
}

/** Repeats what was drawn until the fleet is as large as wanted, so that the size changes nothing else. */
function withSize(plan: FleetPlan, size: FleetSize): FleetPlan {
  const repeated = <T>(drawn: readonly T[], count: number = drawn.length): readonly T[] =>
    Array.from({ length: count }, (_, i) => drawn[i % drawn.length]).filter((item) => item !== undefined)
  const hosts = repeated(plan.hosts, size.hosts)
  const slots = repeated(plan.slots, size.processes).map((slot, i) => ({ ...slot, host: i % hosts.length }))
  const store = hosts.length > 1 ? ({ ...plan.store, reach: 'fleet' } as const) : plan.store
  return { ...plan, accounts: repeated(plan.accounts, size.accounts), hosts, slots, store, mostCalls: Infinity }
}

function drawnPlan(seed: number, { profile: wanted, modes = drawnModes }: FleetWishes): FleetPlan {
  const random = randomStream(seed)
  const drawn = random.pick(fleetProfiles)
  const profile = wanted ?? drawn
  const trouble = troubleOf(profile, random)
  const accounts = [accountPlan(random, modes), accountPlan(random, modes)] as const
  const reach = random.chance(0.4) ? 'host' : 'fleet'
  const hosts = hostPlans(reach === 'host' ? 1 : random.between(1, 3), trouble, random)
  const isSkewed = hosts.some(({ skewMs }) => skewMs !== 0)
  const longestLifeMs = Math.max(...accounts.map(({ lifeSeconds }) => lifeSeconds)) * 1000
  const slots = random.chance(0.15) ? random.between(4, 8) : random.between(2, 3)
  return {
    seed,
    profile,
    accounts,
    isOneCorp: random.chance(0.5),
    slots: Array.from({ length: slots }, () => ({
      host: random.between(0, hosts.length - 1),
      keepsRefreshing: longestLifeMs <= 1_800_000 && random.chance(0.4),
      activity: random.pick([0.1, 0.5, 1, 1, 2]),
    })),
    hosts,
    store: {
      reach,
      // Hosts that share a store share its clock, or have clocks that agree.
      hasClock: isSkewed || random.chance(0.4),
      tellsOfWrites: random.chance(0.4),
      isStrict: random.chance(0.5),
      isUnordered: random.chance(0.3),
      longestTripMs: random.pick([2, 10, 60]),
    },
    trouble,
    mostCalls,
    horizonMs: Math.round(longestLifeMs * (1.5 + 2 * random.number())),
    random,
  }
}

function accountPlan(random: RandomStream, modes: readonly [FleetMode, ...FleetMode[]]): AccountPlan {
  const mode = random.pick(modes)
  const lifeSeconds = random.pick([900, 900, 1200, 1800, 3600, 7200])
  return { mode, lifeSeconds }
}

function hostPlans(count: number, { clocks }: TroublePlan, random: RandomStream): readonly HostPlan[] {
  return Array.from({ length: count }, () => ({
    skewMs: clocks > 0 && count > 1 ? random.between(-600_000, 600_000) : 0,
    trouble: clocks > 0 ? random.pick(['jumps', 'sleeps', undefined] as const) : undefined,
  }))
}

function troubleOf(profile: FleetProfile, random: RandomStream): TroublePlan {
  const amount = (...profiles: readonly FleetProfile[]): number => {
    const drawn = 0.2 + 0.8 * random.number()
    if (profiles.includes(profile)) return drawn
    return profile === 'everything' && random.chance(0.6) ? drawn : 0
  }
  return {
    crashes: amount('crashes'),
    stalls: amount('stalls'),
    store: amount('store'),
    clocks: amount('skew'),
    rivals: amount('rival'),
    upstream: amount('upstream'),
    forced: amount('rival', 'crashes'),
  }
}
