import type { Endpoint, ErrorClass, ErrorTable, PlatformCode, Provider, ResolvedCredentials } from '@lingpai/core'
import type { ParsedResponse } from '@lingpai/core/internal'

/** A recorded error response and its meaning. Absent members are not compared. */
export interface ErrorSample {
  /** HTTP status. @default 200 */
  readonly status?: number
  /** Headers of the response. @default {} */
  readonly headers?: Readonly<Record<string, string>>
  /** The parsed body. */
  readonly body: unknown
  /** Its error class. */
  readonly errorClass: ErrorClass
  /** The decisive code, if a body has two. */
  readonly code?: PlatformCode
  /** The platform's trace id. */
  readonly traceId?: string
  /** The IP address that the platform reports. */
  readonly ip?: string
}

/** Recorded responses of a platform, and credentials for the requests. */
export interface ProviderSamples<C> {
  /** Any well-formed credentials; the checks replace the secrets with awkward ones. */
  readonly credentials: ResolvedCredentials<C>
  /** Parsed body of a successful response of the token endpoint. */
  readonly ok: unknown
  /** More successful ones, such as a repeat with a shorter life. @default [] */
  readonly alsoOk?: readonly unknown[]
  /** Errors of the token endpoint, at least one. For a derived token, at least one that rejects its parent token. */
  readonly tokenErrors: readonly ErrorSample[]
  /** Errors of API calls; at least one rejects the token, unless no call carries it. */
  readonly apiErrors: readonly ErrorSample[]
}

/** Registers one check under the provider's name. */
export type AddProviderCheck = (fact: string, body: () => Promise<void> | void) => void

/** Converts a sample for the core's classifier. */
export function replyOf(sample: Pick<ErrorSample, 'status' | 'headers' | 'body'>): ParsedResponse {
  return { status: sample.status ?? 200, headers: new Headers(sample.headers), body: sample.body }
}

/** Copies `base` with values set at dotted paths. */
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

/** Lists every code of a table with its class. */
export function codesOf(table: ErrorTable): readonly (readonly [errorClass: ErrorClass, code: PlatformCode])[] {
  return Object.entries(table).flatMap(([errorClass, codes]) =>
    codes.map((code) => [errorClass as ErrorClass, code] as const),
  )
}

/** Both endpoints, for checks that cover each. */
export const endpoints: readonly Endpoint[] = ['token', 'api']

/** Whether an error of this class rejects the token itself. */
export function refusesToken({ errorClass }: Pick<ErrorSample, 'errorClass'>): boolean {
  return errorClass === 'token-expired' || errorClass === 'token-invalid'
}
