import type { ConfigError } from '@lingpai/core'
import type { AnyProvider, ProviderName } from '../known-providers.js'

/** Where a secret is to be found; never the secret. */
export type SecretPlace =
  | {
      readonly kind: 'env'
      /** The preferred name first; each may also be set as `<NAME>_FILE`, the path of a file. */
      readonly names: readonly string[]
    }
  | { readonly kind: 'file'; readonly path: string }

/** One account, ready for its secret. */
export interface ConfiguredAccount {
  /** The name that the user calls it by. */
  readonly name: string
  readonly providerName: ProviderName
  readonly provider: AnyProvider
  /** In what it differs from the platform's own. */
  readonly overrides: { readonly baseUrl?: string; readonly apiBaseUrl?: string }
  /** The public credentials. */
  readonly ids: Readonly<Record<string, string>>
  readonly secretField: string
  /** For clients that give a token up early, seconds. */
  readonly minLifeSeconds?: number
  readonly secret: SecretPlace
  readonly allowWorldReadable: boolean
}

/** How `lingpai serve` serves; all paths are absolute. */
export interface ServerConfiguration {
  readonly host: string
  readonly port: number
  readonly tls?: { readonly cert: string; readonly key: string }
  readonly keysFile: string
  readonly sessionKeyFile?: string
  readonly allowPlainHttp: boolean
  readonly trustProxy: boolean | string | readonly string[]
  readonly rateLimit?: number
  readonly metrics: boolean | 'public'
  readonly page: boolean
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
}

/** Where tokens are kept, and how. */
export interface CachePlace {
  /** As it was given; it may hold a password, and is not for showing. */
  readonly url: string
  /** What a relative path in it is relative to. */
  readonly cwd: string
  /** For people: absolute, without a password. */
  readonly shown: string
  /** Absent: not encrypted. */
  readonly encryption?: EncryptionPlace
  /** For the files of its keys and its password. */
  readonly allowWorldReadable: boolean
}

/** How a cache is encrypted. */
export interface EncryptionPlace {
  /** Where the keys stand. */
  readonly keys: SecretPlace
  /** Whether records that are not encrypted are taken as well. */
  readonly readPlain: boolean
}

/** What the command works with. */
export interface Configuration {
  /** Absolute path of the file; absent when the accounts come from the environment. */
  readonly path?: string
  /** Whether secret files that everybody can read are used. */
  readonly allowWorldReadable: boolean
  /** Where tokens are kept. */
  readonly cache: CachePlace
  readonly accounts: readonly ConfiguredAccount[]
  readonly server: ServerConfiguration
  /** Accounts of the environment that lack a part: they stand in the way of nobody else. */
  readonly misconfigured: readonly MisconfiguredAccount[]
  readonly timeoutMs?: number
  readonly language?: 'en' | 'zh'
}

/** An account that cannot be used. */
export interface MisconfiguredAccount {
  readonly name: ProviderName
  readonly error: ConfigError
}
