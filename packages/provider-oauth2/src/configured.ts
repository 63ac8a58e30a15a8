import type { Provider } from '@lingpai/core'
import { configErrors } from '@lingpai/core/internal'
import { oauth2 } from './oauth2.js'
import type { OAuth2Credentials, OAuth2Options } from './options.js'
import { presets } from './presets.js'

/** Credentials of a client of any server. */
export interface OAuth2ServerCredentials extends OAuth2Credentials {
  /** The token endpoint: https, or http to this host. */
  readonly tokenUrl: string
}

/** What an account of a configuration file may set beside its credentials. */
export interface OAuth2Settings {
  readonly scope?: string
  readonly audience?: string
  readonly resource?: string
  readonly grantType?: string
  /** Further parameters, written as in a query: `account_id=1`. */
  readonly parameters?: string
  /** `client_secret_basic` or `client_secret_post`. */
  readonly clientAuthentication?: string
  /** Name of a preset whose parameters, responses and codes the server has. */
  readonly preset?: string
}

/** Secrets are sent there. */
const secure = /^(https:\/\/|http:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?\/)[^\s#@]+$/

const common = {
  tokenUrl: '{tokenUrl}',
  fields: ['tokenUrl'],
  pattern: { tokenUrl: secure },
  env: {
    tokenUrl: ['OAUTH2_TOKEN_URL'],
    clientId: ['OAUTH2_CLIENT_ID'],
    clientSecret: ['OAUTH2_CLIENT_SECRET'],
  },
  hints: {
    tokenUrl: {
      en: 'Give the token endpoint as an https URL; http is for this host only.',
      zh: '请填写 https 的令牌接口地址；只有指向本机时才能使用 http。',
    },
  },
} as const

/**
 * Client credentials of any server, for accounts that bring their own token endpoint, such as those of a configuration file. Programs
 * use {@link oauth2}.
 */
export const oauth2Server: Provider<OAuth2ServerCredentials> = oauth2(common)

/** The presets of clients with a secret. Private keys are for programs. */
const shapes = Object.fromEntries(
  Object.entries<OAuth2Options<string>>(presets).filter(
    ([, preset]) => preset.clientAuthentication !== 'private_key_jwt',
  ),
)

/** The same with a scope, an audience, another grant, or the shape of a preset. @throws ConfigError */
export function oauth2ServerWith({ preset, ...settings }: OAuth2Settings): Provider<OAuth2ServerCredentials> {
  const error = configErrors('oauth2')
  if (preset !== undefined && !Object.hasOwn(shapes, preset))
    throw error('preset', `must be one of ${Object.keys(shapes).join(', ')}`, 'unknown')
  const shape: Partial<OAuth2Options<string>> = shapes[preset ?? ''] ?? {}
  const { clientAuthentication = shape.clientAuthentication ?? 'client_secret_basic' } = settings
  if (clientAuthentication !== 'client_secret_basic' && clientAuthentication !== 'client_secret_post')
    throw error('clientAuthentication', 'must be client_secret_basic or client_secret_post')
  const parameters = { ...shape.parameters, ...Object.fromEntries(new URLSearchParams(settings.parameters)) }
  // In a program, a field of the preset gives the value.
  const missing = Object.keys(parameters).find((name) => /^\{\w+\}$/.test(parameters[name] ?? ''))
  if (missing !== undefined) throw error('parameters', `must have ${missing}`, 'missing')
  return oauth2({ ...shape, ...common, ...settings, parameters, clientAuthentication })
}
