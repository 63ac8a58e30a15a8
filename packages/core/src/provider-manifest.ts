import type { Provider } from './provider.js'

/** A text in both languages of the docs. */
export interface BilingualText {
  readonly en: string
  readonly zh: string
}

/** A configurable provider of one of several credentials: kinds of tokens may need different ones. */
type ConfigurableProviderOf<C> = C extends unknown ? ConfigurableProvider<C> : never

/**
 * What a provider package of this repository says about itself in `src/manifest.ts`. The command's table of providers, the JSON
 * Schema, the tables of the docs and the names on the status page are generated from it: `npm run providers`.
 */
export interface ProviderManifest<C> {
  /** Short name of the platform, for links and for the status page: `WeCom`. */
  readonly title: BilingualText
  /** What the tokens are for, as Markdown for the table of packages. */
  readonly summary: BilingualText
  /** The values of `provider:` in `lingpai.yaml`. Environment variables configure an account of the first one. */
  readonly accounts: Readonly<Record<string, ConfigurableProviderOf<C>>>
  /** Environment variable with another base URL for that account, such as a sandbox or a private deployment. */
  readonly baseUrlEnv: string
  /** Name of the platform in the simulator of `@lingpai/testing/simulator`, if it is simulated. */
  readonly simulator?: string
}

/** A value of `provider:` in `lingpai.yaml`. */
export interface ConfigurableProvider<C> {
  readonly provider: Provider<C>
  /** Title for people who choose among the values. */
  readonly title: BilingualText
  /** Tickets that are derived from the token, by their names in the token server. */
  readonly tickets?: Readonly<Record<string, ManifestTicket<C>>>
  /** What an account may set beside its credentials, for a platform that issues other tokens for it. */
  readonly settings?: ProviderSettings<C>
  /** Environment variables in which the platform's own tools read what `lingpai exec` gives them. */
  readonly toolEnv?: ToolEnv<C>
}

/** Texts that an account may set beside its credentials, such as a scope. */
export interface ProviderSettings<C> {
  /** What each is for, and the variable of an account that the environment configures. */
  readonly fields: Readonly<Record<string, { readonly purpose: BilingualText; readonly env: string }>>
  /** The provider with the given ones. It has another `kind` for each combination. @throws ConfigError for a value that does not fit */
  readonly apply: (given: Readonly<Record<string, string>>) => Provider<C>
}

/** Environment variables that tools of a platform read. */
export interface ToolEnv<C> {
  /** Of the token. */
  readonly token: readonly string[]
  /** Of the public credentials that the tools need beside it. */
  readonly ids?: { readonly [K in keyof C]?: readonly string[] }
}

/** A ticket that is derived from a token. */
export interface ManifestTicket<C> {
  readonly provider: Provider<C>
  /** What the ticket is for, as Markdown for the table of tickets. */
  readonly purpose: BilingualText
}
