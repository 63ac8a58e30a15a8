import type { Clock } from '../clock.js'
import type { ResolvedSpec, Secret } from '../provider.js'
import type { AccountContext, AccountFacts } from '../state/account-context.js'

/** What the sources of a manager share. */
export interface SourceParts {
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
  readonly language: 'en' | 'zh'
  /** Returns the context that belongs to secrets. @param key of the record in the cache, if it is known */
  readonly contextOf: <C>(facts: AccountFacts<C>, secrets: KnownSecrets, key?: string) => AccountContext<C>
  /** Fetches the secrets that are functions. */
  readonly secretsOf: <C>(spec: ResolvedSpec<C>, secrets: Readonly<Record<string, Secret>>) => Promise<KnownSecrets>
}

/** The secrets of an account, fetched where they are functions. */
export type KnownSecrets = Readonly<Record<string, string>>

/** What all sources of a manager for one provider, with the same options, share. */
export interface SourceVariant<C> {
  readonly parts: SourceParts
  readonly spec: ResolvedSpec<C>
  readonly isReadonly: boolean
  /** Whether they are the parents of derived accounts, and serve those alone. */
  readonly isNested: boolean
  /** The same for two equal descriptions of a provider. */
  readonly name: string
}

/** What tells a source apart from the others of its manager. */
export interface SourceName {
  readonly name: string
  /** The name of its {@link SourceVariant}. */
  readonly variantName: string
}
