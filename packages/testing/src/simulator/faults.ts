import { ConfigError } from '@lingpai/core'
import type { AccountRef } from './accounts.js'
import type { SimEndpoint } from './platform.js'
import { platformNames, type PlatformName } from './platform-name.js'

/** The requests that a fault affects. Absent members match all. */
export interface FaultScope {
  readonly platform?: PlatformName
  /** An endpoint of the platform, or one path below its prefix: `/cgi-bin/stable_token`. */
  readonly endpoint?: SimEndpoint | `/${string}`
  readonly account?: AccountRef
  /** Number of affected requests. @default 1 */
  readonly times?: number
}

/** What goes wrong. Members can be combined, such as a slow and truncated response. Times are simulator milliseconds, not scaled. */
export interface FaultEffect {
  /** Delays the response, or its replacement. The platform still does its work on arrival. */
  readonly latencyMs?: number
  /** Resets the connection: before the platform does its work, in the middle of the body, or instead of the response. */
  readonly drop?: 'before' | 'midway' | 'after'
  /** Never responds, and keeps the connection open. */
  readonly hang?: boolean
  /** Sends the body byte by byte with this pause. */
  readonly dripMs?: number
  /** Responds with 302 (or `status`) to this URL. */
  readonly redirect?: string
  /** Truncates the body after this number of bytes and ends the response normally. */
  readonly truncate?: number
  /** Responds with this HTTP status; without `body`, with an empty one. */
  readonly status?: number
  /** Responds with this body; an object is sent as JSON. */
  readonly body?: string | object
  /** Adds headers to the response: `{ 'retry-after': '5' }`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Sends these characters to the socket instead of an HTTP response, and closes it. */
  readonly raw?: string
  /** Whether the platform does its work, such as a rotation, although its response is replaced or lost. @default only if the response or a part of it is sent, and with `drop: 'after'` */
  readonly work?: boolean
}

/** A fault for `Simulator.fault`. */
export interface FaultSpec extends FaultScope, FaultEffect {}

/** A fault that was added. */
export interface FaultHandle {
  /** Names the fault in the admin API. */
  readonly id: string
  /** Number of requests that the fault will still affect. */
  readonly timesLeft: number
  /** Ends the fault; may be called more than once. */
  clear(): void
}

/** The properties of a request that faults compare. */
export interface FaultFacts {
  readonly platform: PlatformName
  readonly endpoint: SimEndpoint
  readonly path: string
  readonly accountId?: string
}

/** The faults of a simulator. */
export interface FaultBook {
  /** @throws ConfigError for an invalid fault, or one without an effect */
  add(spec: FaultSpec): FaultHandle
  /** Combines the effects of all faults that affect the request, later ones first, and counts them; `undefined` if none does. */
  meet(facts: FaultFacts): FaultEffect | undefined
  /** Ends one fault, or all. */
  clear(id?: string): void
}

interface ActiveFault {
  readonly id: string
  readonly spec: FaultSpec
  readonly accountId?: string
  timesLeft: number
}

/** Creates a fault book; `accountIdOf` resolves account references. */
export function faultBook(accountIdOf: (ref: AccountRef) => string): FaultBook {
  const faults = new Map<string, ActiveFault>()
  let serial = 0
  return {
    add: (spec) => {
      checkFault(spec)
      const fault: ActiveFault = {
        id: `fault-${++serial}`,
        spec,
        timesLeft: spec.times ?? 1,
        ...(spec.account !== undefined && { accountId: accountIdOf(spec.account) }),
      }
      faults.set(fault.id, fault)
      return {
        id: fault.id,
        get timesLeft() {
          return faults.has(fault.id) ? fault.timesLeft : 0
        },
        clear: () => void faults.delete(fault.id),
      }
    },
    meet: (facts) => {
      const met = [...faults.values()].filter((fault) => isMet(fault, facts))
      if (met.length === 0) return undefined
      for (const fault of met) if (--fault.timesLeft <= 0) faults.delete(fault.id)
      return Object.assign({}, ...met.map(({ spec }) => spec)) as FaultEffect
    },
    clear: (id) => {
      if (id === undefined) faults.clear()
      else faults.delete(id)
    },
  }
}

function isMet({ spec: { platform, endpoint }, accountId }: ActiveFault, facts: FaultFacts): boolean {
  const meetsEndpoint = endpoint === undefined || endpoint === facts.endpoint || endpoint === facts.path
  const meetsPlatform = platform === undefined || platform === facts.platform
  return meetsEndpoint && meetsPlatform && (accountId === undefined || accountId === facts.accountId)
}

/** Whether the platform does its work despite this fault. */
export function doesWork({ work, drop, hang, redirect, status, body, raw }: FaultEffect): boolean {
  const isReplaced = [redirect, status, body, raw].some((part) => part !== undefined)
  return work ?? !(drop === 'before' || hang === true || isReplaced)
}

const effects = [
  'latencyMs',
  'drop',
  'hang',
  'dripMs',
  'redirect',
  'truncate',
  'status',
  'body',
  'headers',
  'raw',
] as const

function checkFault(spec: FaultSpec): void {
  const bad = (field: string, text: string): ConfigError =>
    new ConfigError(`simulator: fault: ${text}`, { field, problem: 'malformed' })
  if (!effects.some((effect) => spec[effect] !== undefined)) throw bad('fault', `needs one of ${effects.join(', ')}`)
  const { platform, endpoint, times = 1, drop, status = 200 } = spec
  if (platform !== undefined && !platformNames.includes(platform)) throw bad('platform', 'unknown platform')
  if (endpoint !== undefined && !/^(token|ticket|api|\/.*)$/.test(endpoint)) throw bad('endpoint', 'unknown endpoint')
  if (!(times >= 1)) throw bad('times', 'times must be 1 or more')
  if (drop !== undefined && !['before', 'midway', 'after'].includes(drop)) throw bad('drop', 'unknown drop')
  if (!(Number.isInteger(status) && status >= 200 && status <= 599)) throw bad('status', 'status must be 200 to 599')
  for (const field of ['latencyMs', 'dripMs', 'truncate'] as const) {
    const value = spec[field] ?? 0
    if (!(Number.isFinite(value) && value >= 0)) throw bad(field, `${field} must be 0 or more`)
  }
}

/** Names the members of an effect for ledgers: `latencyMs+status`. */
export function nameOfFault(effect: FaultEffect): string {
  return effects.filter((name) => effect[name] !== undefined).join('+')
}
