import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import type { IAccessTokenCache } from '../cache.js'
import { newAccountState, type AccountState } from '../state/account-state.js'
import { systemClock, type Clock } from '../clock.js'
import { newKitState, type KitState } from './kit-state.js'

/** What all copies and versions of this library in one process share. Functions over closures: nothing to print. */
export interface Registry {
  readonly clock: Clock
  /** Names this process in records. */
  readonly writer: string
  /** The one state of an account in a cache on a clock. */
  readonly state: (cache: IAccessTokenCache, clock: Clock, key: string) => AccountState
  /** The current app of the async context. */
  readonly currentApp: AsyncLocalStorage<string | undefined>
  readonly kit: KitState
}

/** The number grows only when the shape does. */
const slot = Symbol.for('@lingpai/core/registry@1')

function createRegistry(): Registry {
  let writer: string | undefined
  const cells = new WeakMap<IAccessTokenCache, WeakMap<Clock, Map<string, AccountState>>>()
  const cellsOf = (cache: IAccessTokenCache, clock: Clock): Map<string, AccountState> => {
    const byClock = cells.get(cache) ?? new WeakMap<Clock, Map<string, AccountState>>()
    cells.set(cache, byClock)
    const byKey = byClock.get(clock) ?? new Map<string, AccountState>()
    byClock.set(clock, byKey)
    return byKey
  }
  return Object.freeze({
    clock: systemClock,
    // On the first use: some edge runtimes give no random values while modules are loaded.
    get writer() {
      return (writer ??= randomUUID().slice(0, 8))
    },
    state: (cache: IAccessTokenCache, clock: Clock, key: string) => {
      const byKey = cellsOf(cache, clock)
      const state = byKey.get(key) ?? newAccountState()
      byKey.set(key, state)
      return state
    },
    currentApp: new AsyncLocalStorage<string | undefined>(),
    kit: newKitState(),
  })
}

const shared = globalThis as unknown as Record<symbol, Registry | undefined>

/** The registry of this process. */
export const registry: Registry = (shared[slot] ??= createRegistry())
