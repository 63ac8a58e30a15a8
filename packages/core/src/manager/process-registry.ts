import { AsyncLocalStorage } from 'node:async_hooks'
import type { IAccessTokenCache } from '../cache.js'
import { newAccountState, type AccountState } from '../state/account-state.js'
import { systemClock, type Clock } from '../clock.js'
import { newKitState, type KitState } from './kit-state.js'
import { nodeCrypto } from '../node-crypto.js'

/**
 * State that all copies and versions of this library in one process share. Functions over closures, so that printing it
 * shows nothing.
 */
export interface Registry {
  readonly clock: Clock
  /** Id of this process in records. */
  readonly writer: string
  /** Returns the state of an account in a cache on a clock; it exists once. */
  readonly state: (cache: IAccessTokenCache, clock: Clock, key: string) => AccountState
  /** The current app of the async context. */
  readonly currentApp: AsyncLocalStorage<string | undefined>
  readonly kit: KitState
}

/** The number grows only if the shape changes. */
const slot = Symbol.for('@lingpai/core/registry@2')

function createRegistry(): Registry {
  let writer: string | undefined
  const states = new WeakMap<IAccessTokenCache, WeakMap<Clock, Map<string, AccountState>>>()
  const statesOf = (cache: IAccessTokenCache, clock: Clock): Map<string, AccountState> => {
    const byClock = states.get(cache) ?? new WeakMap<Clock, Map<string, AccountState>>()
    states.set(cache, byClock)
    const byKey = byClock.get(clock) ?? new Map<string, AccountState>()
    byClock.set(clock, byKey)
    return byKey
  }
  return Object.freeze({
    clock: systemClock,
    // Created on first use: some edge runtimes give no random values while modules are loaded.
    get writer() {
      return (writer ??= nodeCrypto().randomUUID().slice(0, 8))
    },
    state: (cache: IAccessTokenCache, clock: Clock, key: string) => {
      const byKey = statesOf(cache, clock)
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
