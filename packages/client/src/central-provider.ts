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
import type { ServerAddress } from './server-address.js'

/** The platform of an account, as far as a client needs it: any provider. */
export interface PlatformProvider {
  readonly id: string
  readonly spec: PlatformFacts & {
    readonly account: readonly string[]
    readonly secrets: readonly string[]
    /** Names the platform's host, where no base does. */
    readonly request: (credentials: never) => RequestSpec
  }
}

type PlatformFacts = Pick<
  ResolvedSpec<never>,
  'source' | 'baseUrl' | 'apiBaseUrl' | 'apiOrigins' | 'probe' | 'renewal' | 'answer' | 'placement' | 'errors' | 'hints'
>

/** What a token server asks for. */
export interface CentralCredentials {
  /** The name that the server's configuration gives the account. */
  readonly account: string
  /** A client key. */
  readonly key: Secret
}

/** The note of a refresh that only takes over what the server has already done. */
export const turnOver = 'the server told of another token'

/**
 * A token server as a provider: to the core it is an upstream that repeats its token until it has another one. So flights, memory,
 * expiry, replays, cool-downs and redaction are the core's; this is data, and what a request says.
 *
 * @param platform whose API takes the tokens: where they go, which of its codes are token errors, what helps
 */
export function centralProvider(address: ServerAddress, platform?: PlatformProvider): Provider<CentralCredentials> {
  const spec: PlatformFacts | undefined = platform?.spec
  const apiBaseUrl = platform === undefined ? undefined : apiBaseOf(platform)
  return defineProvider<CentralCredentials>({
    id: 'token-server',
    source: spec?.source ?? { url: 'https://www.npmjs.com/package/@lingpai/server', readOn: '2026-11-21' },
    account: ['account'],
    secrets: ['key'],
    ...(apiBaseUrl !== undefined && { apiBaseUrl }),
    ...(spec?.apiOrigins && { apiOrigins: spec.apiOrigins }),
    ...(spec?.probe && apiBaseUrl !== undefined && { probe: spec.probe }),
    renewal: renewalOf(platform?.spec.renewal),
    answer: {
      ...spec?.answer,
      token: 'access_token',
      expiresIn: 'expires_in_ms',
      expiresInUnit: 'millisecond',
      generation: 'generation',
      errorClass: 'error.class',
      // The platform's own fields are for the replies of its API: the core reads both kinds by one description.
      code: [...(spec?.answer.code ?? []), 'error.platform_code', 'error.code'],
      message: 'error.message',
    },
    // Of no account without a platform: the source itself says so before anything is placed.
    placement: spec?.placement ?? { in: 'header', name: 'authorization', scheme: 'Bearer' },
    errors: { token: serverErrors, api: spec?.errors.api ?? {} },
    perCode,
    hints: { ...platformFailed, ...spec?.hints, ...hints },
    request: (credentials, facts) => requestOf(address, credentials, facts),
  })
}

/** Without a base of its own, a platform's home is where its token request goes. */
function apiBaseOf({ spec }: PlatformProvider): string | undefined {
  if (spec.apiBaseUrl !== undefined || spec.baseUrl !== undefined) return spec.apiBaseUrl ?? spec.baseUrl
  const standIns = Object.fromEntries([...spec.account, ...spec.secrets].map((field) => [field, '-']))
  const { url } = spec.request(standIns as never)
  return URL.canParse(url) ? new URL(url).origin : undefined
}

/** A request ahead costs upstream nothing, so it is made where the server may have renewed, and a few times after that. */
function renewalOf(platform: RenewalSpec | undefined): RenewalSpec {
  const { mode, attemptsAtSeconds: [first = 300] = [], overlapSeconds, marginSeconds, maxLifeSeconds } = platform ?? {}
  return {
    mode: mode === 'extend' ? 'extend' : 'sticky',
    attemptsAtSeconds: [1, 2 / 3, 1 / 3, 1 / 6].map((part) => first * part),
    ...(overlapSeconds !== undefined && { overlapSeconds }),
    ...(marginSeconds !== undefined && { marginSeconds }),
    ...(maxLifeSeconds !== undefined && { maxLifeSeconds }),
  }
}

/** What the server itself refuses. A failure of the platform names its class in the answer. */
const serverErrors: ErrorTable = {
  'credential-invalid': ['ERR_UNAUTHENTICATED'],
  permission: ['ERR_FORBIDDEN', 'ERR_NOT_FOUND'],
  'rate-limited': ['ERR_RATE_LIMITED'],
  transient: ['ERR_UNAVAILABLE', 'ERR_INTERNAL'],
}

/** A key or an account that is made good shall work soon: asking a server of one's own in vain blocks nobody. */
const perCode = {
  ERR_UNAUTHENTICATED: { coolDownSeconds: 10 },
  ERR_FORBIDDEN: { coolDownSeconds: 10 },
  ERR_NOT_FOUND: { coolDownSeconds: 10 },
  ERR_RATE_LIMITED: { coolDownSeconds: 1 },
} as const

const hints: Readonly<Record<string, Hint>> = {
  ERR_UNAUTHENTICATED: {
    en: 'The token server does not know this client key, or it was revoked: make one with `lingpai key create`.',
    zh: '令牌服务器不认识此客户端密钥,或已被吊销:请用 `lingpai key create` 新建。',
  },
  ERR_FORBIDDEN: {
    en: 'The role of this client key does not allow it: refused tokens need the role reporter, forced refreshes admin.',
    zh: '此客户端密钥的角色权限不足:上报失效令牌需要 reporter,强制刷新需要 admin。',
  },
  ERR_NOT_FOUND: {
    en: 'The token server has no account of this name, or the client key is not for it: see its configuration and `lingpai key list`.',
    zh: '令牌服务器没有这个名字的账号,或该客户端密钥无权使用:请检查服务器配置和 `lingpai key list`。',
  },
  ERR_UNAVAILABLE: {
    en: 'The token server is being stopped: the next try may reach another one, or the same one started again.',
    zh: '令牌服务器正在停止:稍后重试,将由其他实例或重启后的实例应答。',
  },
  ERR_INTERNAL: { en: 'The token server failed: its log says why.', zh: '令牌服务器内部错误:原因见其日志。' },
  ERR_RATE_LIMITED: {
    en: 'This client key asks too often: keep one source for the life of the program, or raise the limit of the key.',
    zh: '此客户端密钥请求过于频繁:请在程序中复用同一个 source,或提高密钥的限额。',
  },
}

/** For failures of the platform where the client was not told which platform it is. */
const platformFailed: Readonly<Partial<Record<ErrorClass, Hint>>> = Object.fromEntries(
  errorClasses.map((errorClass) => [
    errorClass,
    {
      en: 'The token server could not get a token from the platform; its status page says what to do.',
      zh: '令牌服务器未能从平台取得令牌;处理办法见其状态页。',
    },
  ]),
)

function requestOf(
  { at }: ServerAddress,
  { account, key }: { readonly account: string; readonly key: string },
  { reason, note, minLifeMs, refused }: RequestFacts = { reason: 'cold', minLifeMs: 0 },
): RequestSpec {
  const base = `/v1/accounts/${encodeURIComponent(account)}`
  const headers = { authorization: `Bearer ${key}` }
  if (reason === 'requested' && note !== turnOver)
    return { method: 'POST', url: at(`${base}/refreshes`), headers, json: note === undefined ? {} : { note } }
  // The server compares: whoever reports a token that it has replaced is given the other one.
  if (refused !== undefined && note !== turnOver)
    return { method: 'POST', url: at(`${base}/rejections`), headers, json: rejection(refused) }
  const minLifeSeconds = Math.ceil(minLifeMs / 1000)
  const query = minLifeSeconds > 0 && { query: { min_life: String(minLifeSeconds) } }
  return { method: 'GET', url: at(`${base}/token`), headers, ...query }
}

function rejection({ generation, code }: NonNullable<RequestFacts['refused']>): {
  readonly generation: number
  readonly code?: PlatformCode
} {
  return { generation, ...(code !== undefined && { code }) }
}
