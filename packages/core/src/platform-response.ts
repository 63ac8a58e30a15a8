import type { RequestSpec } from './provider.js'

/** Describes a request from an account's credentials. */
export type SecretRequestBuilder = (credentials: Readonly<Record<string, string>>) => RequestSpec

/** The platform's response to a request that carried a secret. */
export interface PlatformResponse {
  readonly status: number
  /** The body as the platform sent it, at most 64 KiB. If the platform quotes the secret, it is masked. */
  readonly text: string
}
