import type {
  Endpoint,
  ErrorClass,
  ErrorTable,
  ParsedReply,
  PlatformCode,
  Provider,
  ResolvedCredentials,
} from '@lingpai/core'

/** A recorded refusal and what it means. What is left out is not compared. */
export interface RefusalSample {
  /** HTTP status. @default 200 */
  readonly status?: number
  /** Headers of the reply. @default {} */
  readonly headers?: Readonly<Record<string, string>>
  /** The body, parsed. */
  readonly body: unknown
  /** What it means to a caller. */
  readonly errorClass: ErrorClass
  /** The code that decides, where a body has two. */
  readonly code?: PlatformCode
  /** The platform's trace id. */
  readonly traceId?: string
  /** The address that the platform names. */
  readonly ip?: string
}

/** Recorded replies of a platform, and credentials to ask with. */
export interface ProviderSamples<C> {
  /** Any well-formed credentials; the checks put awkward secrets in the place of these. */
  readonly credentials: ResolvedCredentials<C>
  /** Body of a good reply of the token endpoint, parsed. */
  readonly ok: unknown
  /** Further good ones, such as a repeat with a shorter life. @default [] */
  readonly alsoOk?: readonly unknown[]
  /** Refusals of the token endpoint; at least one. Of a derived token, at least one that refuses the token it is derived from. */
  readonly tokenErrors: readonly RefusalSample[]
  /** Refusals of API calls; at least one of them refuses the token, unless no call carries it. */
  readonly apiErrors: readonly RefusalSample[]
}

/** Registers one check under the provider's name. */
export type AddProviderCheck = (fact: string, body: () => Promise<void> | void) => void

/** A sample as the core's classifier takes it. */
export function replyOf(sample: Pick<RefusalSample, 'status' | 'headers' | 'body'>): ParsedReply {
  return { status: sample.status ?? 200, headers: new Headers(sample.headers), body: sample.body }
}

/** A copy of `base` with values set at dotted paths. */
export function bodyWith(values: Readonly<Record<string, unknown>>, base: unknown = {}): Record<string, unknown> {
  const body = structuredClone(base) as Record<string, unknown>
  for (const [path, value] of Object.entries(values)) {
    const names = path.split('.')
    const last = names.pop() ?? path
    let at = body
    for (const name of names) at = (at[name] ??= {}) as Record<string, unknown>
    at[last] = value
  }
  return body
}

/** The credentials with every secret replaced. */
export function withSecret<C>(
  { spec }: Provider<C>,
  credentials: ResolvedCredentials<C>,
  secret: string,
): ResolvedCredentials<C> {
  return { ...credentials, ...Object.fromEntries(spec.secrets.map((field) => [field, secret])) }
}

/** Every code of a table with its class. */
export function codesOf(table: ErrorTable): readonly (readonly [errorClass: ErrorClass, code: PlatformCode])[] {
  return Object.entries(table).flatMap(([errorClass, codes]) =>
    codes.map((code) => [errorClass as ErrorClass, code] as const),
  )
}

/** Both endpoints, for checks that stand for each. */
export const endpoints: readonly Endpoint[] = ['token', 'api']

/** Whether a refusal of this class means that the token itself was refused. */
export function refusesToken({ errorClass }: Pick<RefusalSample, 'errorClass'>): boolean {
  return errorClass === 'token-expired' || errorClass === 'token-invalid'
}
