import type { IAccessTokenCache } from '../cache.js'
import type { HttpDelegate } from '../http-delegate.js'
import type { CredentialsOf, Provider } from '../provider.js'
import type { TokenSource } from '../token-source.js'

/** What the global kit remembers; shared by all copies of this library in a process. */
export interface KitState {
  cache: IAccessTokenCache | undefined
  delegate: HttpDelegate | undefined
  isDevMode: boolean
  /** The manager in use; absent before the first call. */
  manager: KitManager | undefined
  /** By `provider:kind:id:…`, in the order they were put; the first one is the default. */
  readonly configs: Map<string, KitConfig>
}

/** What the kit uses of a manager, of whichever copy of this library. */
export interface KitManager {
  source<C>(provider: Provider<C>, credentials: CredentialsOf<C>): TokenSource
  remove(source: TokenSource): void
  close(): Promise<void>
}

/** One configured app. */
export interface KitConfig {
  /** `provider:id:…`, unique. */
  readonly name: string
  /** Each way to call it that is not unique by nature: its ids alone, and the last of them. */
  readonly aliases: readonly string[]
  /** Its source in the manager in use. */
  readonly source: () => TokenSource
}

/** Nothing configured yet. */
export function newKitState(): KitState {
  return { cache: undefined, delegate: undefined, isDevMode: false, manager: undefined, configs: new Map() }
}
