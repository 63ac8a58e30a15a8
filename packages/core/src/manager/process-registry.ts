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
  /** Returns the state of an account in a cache on a clock; it exists once, until each use of it has ended. */
  readonly state: (cache: IAccessTokenCache, clock: Clock, key: string) => AccountState
  /** Ends one use of a state. */
  readonly release: (cache: IAccessTokenCache, clock: Clock, key: string) => void
  /** The current app of the async context. */
  readonly currentApp: AsyncLocalStorage<string | undefined>
  readonly kit: KitState
}

/** The number grows only if the shape changes. */
const slot = Symbol.for('@lingpai/core/registry@3')

function createRegistry(): Registry {
  let writer: string | undefined
  const states = new WeakMap<IAccessTokenCache, WeakMap<Clock, Map<string, AccountState>>>()
  // Uses of a state beside the first one. Nearly no state has any, so they are not a field of it.
  const moreUses = new WeakMap<AccountState, number>()
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
      const known = byKey.get(key)
      if (known !== undefined) moreUses.set(known, (moreUses.get(known) ?? 0) + 1)
      const state = known ?? newAccountState()
      byKey.set(key, state)
      return state
    },
    release: (cache: IAccessTokenCache, clock: Clock, key: string) => {
      const byKey = statesOf(cache, clock)
      const state = byKey.get(key)
      if (state === undefined) return
      const more = moreUses.get(state) ?? 0
      if (more > 0) moreUses.set(state, more - 1)
      else byKey.delete(key)
    },
    currentApp: new AsyncLocalStorage<string | undefined>(),
    kit: newKitState(),
  })
}

const shared = globalThis as unknown as Record<symbol, Registry | undefined>

/** The registry of this process. */
export const registry: Registry = (shared[slot] ??= createRegistry())
