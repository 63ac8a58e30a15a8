import type { IAccessTokenCache } from '../cache.js'
import type { HttpDelegate } from '../http-delegate.js'
import type { CredentialsOf, Provider } from '../provider.js'
import type { TokenSource } from '../token-source.js'

/** State of the global kit, which all copies of this library in a process share. */
export interface KitState {
  cache: IAccessTokenCache | undefined
  delegate: HttpDelegate | undefined
  isDevMode: boolean
  /** The current manager; absent before the first call. */
  manager: KitManager | undefined
  /** Apps by `provider:kind:id:…`, in insertion order; the first one is the default. */
  readonly configs: Map<string, KitConfig>
}

/** The part of a manager that the kit uses, from any copy of this library. */
export interface KitManager {
  source<C>(provider: Provider<C>, credentials: CredentialsOf<C>): TokenSource
  remove(source: TokenSource): void
  close(): Promise<void>
}

/** A configured app. */
export interface KitConfig {
  /** Unique name: `provider:kind:id:…`. */
  readonly name: string
  /** Shorter names that several apps may share: the ids alone, and the last of them. */
  readonly aliases: readonly string[]
  /** Returns its source in the current manager. */
  readonly source: () => TokenSource
}

/** Creates the state of a kit without apps. */
export function newKitState(): KitState {
  return { cache: undefined, delegate: undefined, isDevMode: false, manager: undefined, configs: new Map() }
}
