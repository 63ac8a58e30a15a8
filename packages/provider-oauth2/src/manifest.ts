import type { ProviderManifest } from '@lingpai/core/internal'
import { oauth2Server, oauth2ServerWith, type OAuth2ServerCredentials } from './configured.js'

/** What the command, the docs and the status page say about this package. */
export const manifest: ProviderManifest<OAuth2ServerCredentials> = {
  title: { en: 'OAuth 2', zh: 'OAuth 2' },
  summary: {
    en: 'any OAuth 2 server: client credentials, `private_key_jwt`, discovery, presets',
    zh: '任意 OAuth 2 服务器：客户端凭据、`private_key_jwt`、自动发现、预设',
  },
  accounts: {
    oauth2: {
      provider: oauth2Server,
      title: { en: 'Client of an OAuth 2 server', zh: 'OAuth 2 客户端' },
      settings: {
        fields: {
          scope: { purpose: { en: 'Scopes, separated by spaces.', zh: 'scope，以空格分隔。' }, env: 'OAUTH2_SCOPE' },
          audience: {
            purpose: { en: 'The API that the token is for.', zh: '令牌所用于的 API。' },
            env: 'OAUTH2_AUDIENCE',
          },
          resource: { purpose: { en: 'The same by RFC 8707.', zh: '同上，按 RFC 8707。' }, env: 'OAUTH2_RESOURCE' },
          grantType: {
            purpose: { en: 'Grant type. Default: client_credentials.', zh: '授权类型，默认 client_credentials。' },
            env: 'OAUTH2_GRANT_TYPE',
          },
          parameters: {
            purpose: { en: 'Further parameters: account_id=1&x=2.', zh: '更多参数：account_id=1&x=2。' },
            env: 'OAUTH2_PARAMETERS',
          },
          preset: {
            purpose: {
              en: 'A server whose parameters, responses and codes apply: entra, auth0, zoom, twitch, salesforce, baidu, huawei or douyin.',
              zh: '采用哪个平台的参数、响应与错误码：entra、auth0、zoom、twitch、salesforce、baidu、huawei 或 douyin。',
            },
            env: 'OAUTH2_PRESET',
          },
          clientAuthentication: {
            purpose: {
              en: 'client_secret_basic or client_secret_post. Default: client_secret_basic.',
              zh: 'client_secret_basic 或 client_secret_post，默认前者。',
            },
            env: 'OAUTH2_CLIENT_AUTHENTICATION',
          },
        },
        apply: oauth2ServerWith,
      },
    },
  },
  baseUrlEnv: 'OAUTH2_BASE_URL',
}
