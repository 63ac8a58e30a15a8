import type { ConfigError } from '@lingpai/core'
import type { ForwardOptions } from '@lingpai/server'
import type { AnyProvider, ProviderName } from '../known-providers.js'

/** The place of a secret; never the secret itself. */
export type SecretPlace =
  | {
      readonly kind: 'env'
      /** The preferred name first; `<NAME>_FILE` may name a file instead of each. */
      readonly names: readonly string[]
    }
  | { readonly kind: 'file'; readonly path: string }

/** An account without its secret. */
export interface ConfiguredAccount {
  /** The account's name in the configuration. */
  readonly name: string
  readonly providerName: ProviderName
  readonly provider: AnyProvider
  /** Differences from the provider. */
  readonly overrides: { readonly baseUrl?: string; readonly apiBaseUrl?: string }
  /** The public credentials. */
  readonly ids: Readonly<Record<string, string>>
  readonly secretField: string
  /** For clients that drop a token early, seconds. */
  readonly minLifeSeconds?: number
  readonly secret: SecretPlace
  readonly allowWorldReadable: boolean
}

/** Configuration of `lingpai serve`; all paths are absolute. */
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
  readonly forward: boolean | Omit<ForwardOptions, 'dispatcher'>
  readonly page: boolean
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
}

/** The cache of the tokens. */
export interface CachePlace {
  /** The URL as configured. It may contain a password and must not be shown. */
  readonly url: string
  /** The base of relative paths. */
  readonly cwd: string
  /** The URL for people: absolute, without a password. */
  readonly shown: string
  /** Absent: not encrypted. */
  readonly encryption?: EncryptionPlace
  /** For the files of the keys and the password. */
  readonly allowWorldReadable: boolean
}

/** How a cache is encrypted. */
export interface EncryptionPlace {
  /** The place of the keys. */
  readonly keys: SecretPlace
  /** Whether unencrypted records are read, too. */
  readonly readPlain: boolean
}

/** The configuration of the command. */
export interface Configuration {
  /** Absolute path of the file; absent when the accounts come from the environment. */
  readonly path?: string
  /** Whether secret files that every user of this host can read are accepted. */
  readonly allowWorldReadable: boolean
  readonly cache: CachePlace
  readonly accounts: readonly ConfiguredAccount[]
  readonly server: ServerConfiguration
  /** Accounts of the environment that are incomplete. They do not affect the others. */
  readonly misconfigured: readonly MisconfiguredAccount[]
  readonly timeoutMs?: number
  readonly language?: 'en' | 'zh'
}

/** An account that cannot be used. */
export interface MisconfiguredAccount {
  readonly name: ProviderName
  readonly error: ConfigError
}
