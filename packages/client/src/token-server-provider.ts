import {
  defineProvider,
  errorClasses,
  type ErrorClass,
  type ErrorTable,
  type Hint,
  type PlatformCode,
  type Provider,
  type RenewalSpec,
  type RequestFacts,
  type RequestSpec,
  type ResolvedSpec,
  type Secret,
} from '@lingpai/core'
import { renewalModes } from '@lingpai/core/internal'
import type { ServerAddress } from './server-address.js'

/** The platform whose API takes the tokens of an account. Any provider fits. */
export interface PlatformProvider {
  readonly id: string
  readonly spec: PlatformFacts & {
    readonly account: readonly string[]
    readonly secrets: readonly string[]
    readonly volatile?: readonly string[]
    /** Its URL gives the platform's host when the provider has neither `apiBaseUrl` nor `baseUrl`. */
    readonly request: (credentials: never) => RequestSpec
  }
}

type PlatformFacts = Pick<
  ResolvedSpec<never>,
  | 'source'
  | 'baseUrl'
  | 'apiBaseUrl'
  | 'apiOrigins'
  | 'probe'
  | 'renewal'
  | 'response'
  | 'placement'
  | 'placementAt'
  | 'errors'
  | 'hints'
>

/** The credentials of an account on a token server. */
export interface TokenServerCredentials {
  /** The account's name in the server's configuration. */
  readonly account: string
  /** A client key. */
  readonly key: Secret
}

/** The note of a refresh that only fetches the token that the server already has. */
export const catchUpNote = 'the token server has another token'

/**
 * Describes a token server as a provider: an upstream that repeats its token until it has another one. Shared refreshes, memory,
 * expiry, replays, cool-downs and redaction stay in the core; this module only says what to send and how to read the response.
 *
 * @param platform the platform whose API takes the tokens: where they go, which of its codes are token errors, its hints
 */
export function tokenServerProvider(
  address: ServerAddress,
  platform?: PlatformProvider,
): Provider<TokenServerCredentials> {
  const spec: PlatformFacts | undefined = platform?.spec
  const apiBaseUrl = platform === undefined ? undefined : apiBaseOf(platform)
  return defineProvider<TokenServerCredentials>({
    id: 'token-server',
    source: spec?.source ?? { url: 'https://www.npmjs.com/package/@lingpai/server', readOn: '2026-11-21' },
    account: ['account'],
    secrets: ['key'],
    ...(apiBaseUrl !== undefined && { apiBaseUrl }),
    ...(spec?.apiOrigins && { apiOrigins: spec.apiOrigins }),
    ...(spec?.probe && apiBaseUrl !== undefined && { probe: spec.probe }),
    ...placementOf(spec),
    renewal: renewalOf(platform?.spec.renewal),
    response: {
      ...spec?.response,
      token: 'access_token',
      expiresIn: 'expires_in_ms',
      expiresInUnit: 'millisecond',
      generation: 'generation',
      errorClass: 'error.class',
      // The platform's fields describe responses of its API: the core reads both kinds of response with one description.
      code: [...(spec?.response.code ?? []), 'error.platform_code', 'error.code'],
      message: 'error.message',
    },
    errors: { token: serverErrors, api: spec?.errors.api ?? {} },
    perCode,
    hints: { ...platformFailed, ...spec?.hints, ...hints },
    request: (credentials, facts) => requestOf(address, credentials, facts),
  })
}

function placementOf(spec: PlatformFacts | undefined): Pick<ResolvedSpec<never>, 'placement' | 'placementAt'> {
  // Unused without a platform: the source throws before it places a token.
  const placement = spec?.placement ?? { in: 'header', name: 'authorization', scheme: 'Bearer' }
  return { placement, ...(spec?.placementAt && { placementAt: spec.placementAt }) }
}

/** A provider without a base URL takes API calls at the host of its token request. */
function apiBaseOf({ spec }: PlatformProvider): string | undefined {
  if (spec.apiBaseUrl !== undefined || spec.baseUrl !== undefined) return spec.apiBaseUrl ?? spec.baseUrl
  const { account, secrets, volatile = [] } = spec
  const standIns = Object.fromEntries([...account, ...secrets, ...volatile].map((field) => [field, '-']))
  const { url } = spec.request(standIns as never)
  return URL.canParse(url) ? new URL(url).origin : undefined
}

/** A refresh ahead costs upstream nothing here: try when the server may have renewed the token, and a few times after that. */
function renewalOf(platform: RenewalSpec | undefined): RenewalSpec {
  const { mode, attemptsAtSeconds: [first = 300] = [], overlapSeconds, marginSeconds, maxLifeSeconds } = platform ?? {}
  return {
    mode: mode !== undefined && renewalModes[mode].prolongs ? 'extend' : 'sticky',
    attemptsAtSeconds: [1, 2 / 3, 1 / 3, 1 / 6].map((part) => first * part),
    ...(overlapSeconds !== undefined && { overlapSeconds }),
    ...(marginSeconds !== undefined && { marginSeconds }),
    ...(maxLifeSeconds !== undefined && { maxLifeSeconds }),
  }
}

/** Errors of the server itself. A failure of the platform carries its class in the response. */
const serverErrors: ErrorTable = {
  'credential-invalid': ['ERR_UNAUTHENTICATED'],
  permission: ['ERR_FORBIDDEN', 'ERR_NOT_FOUND'],
  'rate-limited': ['ERR_RATE_LIMITED'],
  transient: ['ERR_UNAVAILABLE', 'ERR_INTERNAL'],
}

/** Short cool-downs: a corrected key or account works within seconds, and the server can bear the extra requests. */
const perCode = {
  ERR_UNAUTHENTICATED: { coolDownSeconds: 10 },
  ERR_FORBIDDEN: { coolDownSeconds: 10 },
  ERR_NOT_FOUND: { coolDownSeconds: 10 },
  ERR_RATE_LIMITED: { coolDownSeconds: 1 },
} as const

const hints: Readonly<Record<string, Hint>> = {
  ERR_UNAUTHENTICATED: {
    en: 'The token server does not know this client key, or it was revoked: create one with `lingpai key create`.',
    zh: '令牌服务器不认识此客户端密钥，或者它已被吊销：请用 `lingpai key create` 新建。',
  },
  ERR_FORBIDDEN: {
    en: 'The role of this client key is not sufficient: reporting rejected tokens needs reporter, forced refreshes need admin.',
    zh: '此客户端密钥的角色权限不足：上报被拒的令牌需要 reporter，强制刷新需要 admin。',
  },
  ERR_NOT_FOUND: {
    en: 'The token server has no account of this name, or the client key is not valid for it: see its configuration and `lingpai key list`.',
    zh: '令牌服务器没有这个名称的账号，或者该客户端密钥无权访问：请检查服务器配置和 `lingpai key list`。',
  },
  ERR_UNAVAILABLE: {
    en: 'The token server is shutting down: the next attempt may reach another instance, or this one after its restart.',
    zh: '令牌服务器正在关闭：下一次尝试将由其他实例或重启后的实例响应。',
  },
  ERR_INTERNAL: { en: 'The token server failed: its log says why.', zh: '令牌服务器内部错误：原因见其日志。' },
  ERR_RATE_LIMITED: {
    en: 'This client key sends too many requests: create one source and reuse it, or increase the limit of the key.',
    zh: '此客户端密钥请求过于频繁：请只创建一个令牌源并重复使用，或提高该密钥的限额。',
  },
}

/** Hints for failures of the platform when the source was created without a provider. */
const platformFailed: Readonly<Partial<Record<ErrorClass, Hint>>> = Object.fromEntries(
  errorClasses.map((errorClass) => [
    errorClass,
    {
      en: 'The token server could not get a token from the platform; its status page says what to do.',
      zh: '令牌服务器无法从平台取得令牌；处理办法见其状态页。',
    },
  ]),
)

function requestOf(
  { at }: ServerAddress,
  { account, key }: { readonly account: string; readonly key: string },
  { reason, note, minLifeMs, rejected }: RequestFacts = { reason: 'cold', minLifeMs: 0 },
): RequestSpec {
  const base = `/v1/accounts/${encodeURIComponent(account)}`
  const headers = { authorization: `Bearer ${key}` }
  if (reason === 'requested' && note !== catchUpNote)
    return { method: 'POST', url: at(`${base}/refreshes`), headers, json: note === undefined ? {} : { note } }
  // The server compares generations: if it has already replaced this token, it responds with its current one.
  if (rejected !== undefined && note !== catchUpNote)
    return { method: 'POST', url: at(`${base}/rejections`), headers, json: rejection(rejected) }
  const minLifeSeconds = Math.ceil(minLifeMs / 1000)
  const query = minLifeSeconds > 0 && { query: { min_life: String(minLifeSeconds) } }
  return { method: 'GET', url: at(`${base}/token`), headers, ...query }
}

function rejection({ generation, code }: NonNullable<RequestFacts['rejected']>): {
  readonly generation: number
  readonly code?: PlatformCode
} {
  return { generation, ...(code !== undefined && { code }) }
}
