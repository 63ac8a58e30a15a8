import type { Provider } from '@lingpai/core'
import { configErrors } from '@lingpai/core/internal'
import { oauth2 } from './oauth2.js'
import type { OAuth2Credentials } from './options.js'

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
  /** `client_secret_basic` or `client_secret_post`. */
  readonly clientAuthentication?: string
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

/** The same with a scope, an audience, another grant or another client authentication. @throws ConfigError */
export function oauth2ServerWith({
  clientAuthentication = 'client_secret_basic',
  ...settings
}: OAuth2Settings): Provider<OAuth2ServerCredentials> {
  if (clientAuthentication !== 'client_secret_basic' && clientAuthentication !== 'client_secret_post')
    throw configErrors('oauth2')('clientAuthentication', 'must be client_secret_basic or client_secret_post')
  return oauth2({ ...common, ...settings, clientAuthentication })
}
