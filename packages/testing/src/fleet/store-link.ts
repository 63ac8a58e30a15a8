import type { IAccessTokenCache } from '@lingpai/core'
import { learnFromStore } from './fleet-memory.js'
import { accountOf, isFailureKey, type VirtualStore } from './virtual-store.js'
import type { Errand, VirtualProcess, VirtualWorld } from './virtual-world.js'

/** The core's own limit for one call of the cache. */
const timeoutMs = 1000
/** Slower than this, a renewal may come too late for its lease. */
const slowMs = 500

/** What a client of the store rejects with. */
class StoreFault extends Error {
  override readonly name = 'StoreFault'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** A process's way to the store, as the cache that its manager is given: every call crosses a network. */
export function storeLink(world: VirtualWorld, process: VirtualProcess, store: VirtualStore): IAccessTokenCache {
  const { time, weather, plan, random, trace } = world
  const oneWayMs = { there: 0, back: 0 }

  const trip = (way: 'there' | 'back'): number => {
    const delayMs = weather.store === 'slow' ? random.between(50, 2500) : 0
    const arrivesAtMs = time.nowMs() + random.between(0, plan.store.longestTripMs) + delayMs
    oneWayMs[way] = plan.store.isUnordered ? arrivesAtMs : Math.max(oneWayMs[way], arrivesAtMs)
    return oneWayMs[way]
  }
  const trouble = (untilMs: number): void => {
    process.troubleAtMs = Math.max(process.troubleAtMs, untilMs)
    weather.storeTroubleAtMs = Math.max(weather.storeTroubleAtMs, untilMs)
    world.figures.storeFaults += 1
  }
  const isLost = (): boolean =>
    weather.store === 'silent' || process.cutUntilMs > time.nowMs() || random.chance(weather.lossChance)

  const call = <T>(errand: Errand, key: string, apply: () => T, onReply?: (value: T) => void): Promise<T> =>
    new Promise((resolve, reject) => {
      world.onErrand(process, errand)
      const isWrite = errand !== 'get' && errand !== 'now'
      const sentAtMs = time.nowMs()
      const fail = (code: string, text: string, delayMs: number): void => {
        trouble(time.nowMs())
        trace.add(time.nowMs(), process.name, `${errand} fails`, code)
        time.after(delayMs, () => {
          process.enter(() => {
            reject(new StoreFault(code, text))
          })
        })
      }
      if (weather.store === 'refusing') {
        fail('ECONNREFUSED', `connect failed for ${errand} ${key}`, random.between(0, 5))
        return
      }
      if (isLost()) {
        trouble(sentAtMs + timeoutMs)
        trace.add(sentAtMs, process.name, `${errand} is lost`)
        return
      }
      const arrivesAtMs = trip('there')
      if (arrivesAtMs - sentAtMs >= slowMs) trouble(arrivesAtMs)
      time.at(arrivesAtMs, () => {
        if (weather.store === 'read-only' && isWrite) {
          fail('READONLY', `${errand} refused`, random.between(0, 5))
          return
        }
        const value = apply()
        trace.add(time.nowMs(), process.name, `${errand}${isFailureKey(key) ? ' failure' : ''}`, told(value))
        if (isLost()) {
          trouble(Math.max(sentAtMs + timeoutMs, time.nowMs()))
          trace.add(time.nowMs(), process.name, `reply to ${errand} is lost`)
          return
        }
        const repliesAtMs = trip('back')
        // Too late is as bad as lost, and what comes too late to the store is still done.
        if (repliesAtMs - sentAtMs >= slowMs) trouble(repliesAtMs)
        time.at(repliesAtMs, () => {
          process.enter(() => {
            onReply?.(value)
            resolve(value)
          })
        })
      })
    })

  return {
    reach: plan.store.reach,
    get: (key) =>
      call(
        'get',
        key,
        () => store.get(key),
        (entry) => {
          learnFromStore(world, process, key, entry)
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
    ...(plan.store.hasClock && { nowMs: () => call('now', '', () => store.nowMs()) }),
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
  return token === undefined ? '-' : `${token.name} as ${generation}${isMarked ? ' refused' : ''}`
}

function noteKey(world: VirtualWorld, key: string): void {
  if (isFailureKey(key)) return
  const account = accountOf(world, key)
  if (account !== undefined) account.key = key
}
