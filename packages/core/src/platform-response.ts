import type { RequestSpec } from './provider.js'

/** Describes a request from an account's credentials. */
export type SecretRequestBuilder = (credentials: Readonly<Record<string, string>>) => RequestSpec

/** What a platform answered to a request that carried a secret. */
export interface PlatformResponse {
  readonly status: number
  /** The body as the platform sent it, up to 64 KiB; the secret, where the platform quotes it, is masked. */
  readonly text: string
}
