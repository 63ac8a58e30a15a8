import type { Clock } from '../clock.js'
import type { AccountContext, AccountFacts } from '../state/account-context.js'

/** What the sources of a manager share. */
export interface SourceParts {
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
  readonly language: 'en' | 'zh'
  /** Returns the context that belongs to secrets. */
  readonly contextOf: <C>(facts: AccountFacts<C>, secrets: Readonly<Record<string, string>>) => AccountContext<C>
  /** Fetches the secrets that are functions. */
  readonly secretsOf: <C>(source: AccountFacts<C>) => Promise<Readonly<Record<string, string>>>
}

/** What tells a source apart from the others of its manager. */
export interface SourceName {
  readonly name: string
  readonly variant: string
}
