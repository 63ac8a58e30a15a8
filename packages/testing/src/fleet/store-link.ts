import type { IAccessTokenCache } from '@lingpai/core'
import { askedNow, learnFromStore } from './fleet-memory.js'
import { accountOf, isFailureKey, type VirtualStore } from './virtual-store.js'
import type { AskedAt, Errand, VirtualProcess, VirtualWorld } from './virtual-world.js'

/** The core's own limit for one call of the cache. */
const timeoutMs = 1000
/** A slower renewal may arrive too late for its lease. */
const slowMs = 500

/** The rejection of a store's client. */
class StoreFault extends Error {
  override readonly name = 'StoreFault'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** One message to the store and its response. */
interface ErrandOf<T> {
  readonly errand: Errand
  readonly key: string
  readonly apply: () => T
  /** Called with a response that the core still waits for. */
  readonly onReply?: (value: T, asked: AskedAt) => void
}

type Send = <T>(errand: Errand, key: string, apply: () => T, onReply?: ErrandOf<T>['onReply']) => Promise<T>

/** The network between a process and the store: delays, losses, and what it reports to the observer. */
interface Wire {
  readonly trip: (way: 'there' | 'back') => number
  readonly trouble: (untilMs: number) => void
  readonly isLost: () => boolean
}

function wireOf({ time, weather, plan, random, figures }: VirtualWorld, process: VirtualProcess): Wire {
  const oneWayMs = { there: 0, back: 0 }
  return {
    trip: (way) => {
      const delayMs = weather.store === 'slow' ? random.between(50, 2500) : 0
      const arrivesAtMs = time.nowMs() + random.between(0, plan.store.longestTripMs) + delayMs
      oneWayMs[way] = plan.store.isUnordered ? arrivesAtMs : Math.max(oneWayMs[way], arrivesAtMs)
      return oneWayMs[way]
    },
    trouble: (untilMs) => {
      process.troubleAtMs = Math.max(process.troubleAtMs, untilMs)
      weather.storeTroubleAtMs = Math.max(weather.storeTroubleAtMs, untilMs)
      figures.storeFaults += 1
    },
    isLost: () => weather.store === 'silent' || process.cutUntilMs > time.nowMs() || random.chance(weather.lossChance),
  }
}

/** Sends one message. A lost message is never answered; the core must end the wait by itself. */
function send<T>(
  world: VirtualWorld,
  process: VirtualProcess,
  wire: Wire,
  { errand, key, apply, onReply }: ErrandOf<T>,
): Promise<T> {
  const { time, weather, random, trace, figures } = world
  return new Promise((resolve, reject) => {
    world.onErrand(process, errand)
    // The core stops waiting then, and does not learn the response.
    let isTooLate = false
    const limit = process.clock.setTimer(() => {
      isTooLate = true
    }, timeoutMs)
    const sentAtMs = time.nowMs()
    const asked = askedNow(world, process)
    const fail = (code: string): void => {
      wire.trouble(time.nowMs())
      trace.add(time.nowMs(), process.name, `${errand} fails`, code)
      time.after(random.between(0, 5), () => {
        process.enter(() => {
          reject(new StoreFault(code, `${errand} ${key} failed`))
        })
      })
    }
    const lose = (what: string): void => {
      wire.trouble(Math.max(sentAtMs + timeoutMs, time.nowMs()))
      trace.add(time.nowMs(), process.name, `${what}${errand} is lost`)
    }
    if (weather.store === 'refusing') {
      fail('ECONNREFUSED')
      return
    }
    if (wire.isLost()) {
      lose('')
      return
    }
    const arrivesAtMs = wire.trip('there')
    if (arrivesAtMs - sentAtMs >= slowMs) wire.trouble(arrivesAtMs)
    time.at(arrivesAtMs, () => {
      if (weather.store === 'read-only' && errand !== 'get' && errand !== 'now') {
        fail('READONLY')
        return
      }
      const value = apply()
      if (errand === 'get') figures.reads += 1
      if (errand === 'take') figures.leases += 1
      trace.add(time.nowMs(), process.name, `${errand}${isFailureKey(key) ? ' failure' : ''}`, told(value))
      if (wire.isLost()) {
        lose('response to ')
        return
      }
      const repliesAtMs = wire.trip('back')
      // A late response counts as lost, although the store has still done its work.
      if (repliesAtMs - sentAtMs >= slowMs) wire.trouble(repliesAtMs)
      time.at(repliesAtMs, () => {
        process.enter(() => {
          limit.cancel()
          if (!isTooLate) onReply?.(value, asked)
          resolve(value)
        })
      })
    })
  })
}

/** The cache of a process's manager: every call crosses a network to the store. */
export function storeLink(world: VirtualWorld, process: VirtualProcess, store: VirtualStore): IAccessTokenCache {
  const { plan } = world
  const wire = wireOf(world, process)
  const call: Send = (errand, key, apply, onReply) =>
    send(world, process, wire, { errand, key, apply, ...(onReply && { onReply }) })
  return {
    reach: plan.store.reach,
    get: (key) =>
      call(
        'get',
        key,
        () => store.get(key),
        (entry, asked) => {
          learnFromStore(world, process, { key, entry, asked })
        },
      ).then((entry) => entry?.text),
    set: (key, value, expiresAtMs) => {
      noteKey(world, key)
      return call('set', key, () => {
        store.set(process, key, value, expiresAtMs)
      })
    },
    remove: (key) =>
      call('remove', key, () => {
        store.remove(process, key)
      }),
    lease: {
      take: (key, holder, ttlMs) => {
        noteKey(world, key)
        return call('take', key, () => store.take(key, holder, ttlMs))
      },
      commit: (key, holder, text, expiresAtMs) =>
        call('commit', key, () => store.commit(process, key, { holder, text }, expiresAtMs)),
      release: (key, holder) =>
        call('release', key, () => {
          store.release(key, holder)
        }),
    },
    ...(plan.store.hasClock && {
      nowMs: () =>
        call(
          'now',
          '',
          () => store.nowMs(),
          (_, { trueMs }) => {
            const atMs = world.time.nowMs()
            process.toldTimes.push({ atMs, monotonicMs: process.clock.monotonic(), withinMs: atMs - trueMs })
          },
        ),
    }),
    ...(plan.store.tellsOfWrites && {
      subscribe: (listener) =>
        store.subscribe(process, (key, generation) => {
          listener({ key, generation })
        }),
    }),
  }
}

function told(value: unknown): string {
  if (value === undefined) return ''
  if (typeof value === 'boolean') return String(value)
  if (typeof value !== 'object' || value === null || !('generation' in value)) return ''
  const { token, generation, isMarked } = value as { token?: { name: string }; generation: number; isMarked: boolean }
  return token === undefined ? '-' : `${token.name} as ${generation}${isMarked ? ' rejected' : ''}`
}

function noteKey(world: VirtualWorld, key: string): void {
  if (isFailureKey(key)) return
  const account = accountOf(world, key)
  if (account !== undefined) account.key = key
}
