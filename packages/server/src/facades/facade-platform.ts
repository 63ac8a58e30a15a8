import type { PlatformCode } from '@lingpai/core'
import type { PlatformWords } from './facade-error.js'

/** The formats and errors of a platform's facade. The codes are those of the provider packages' tables. */
export interface FacadePlatform {
  /** The provider whose accounts the facade serves. */
  readonly providerId: string
  /** The fields of an error. */
  readonly code: string
  readonly message: string
  /** HTTP status of an error. @default 200 */
  readonly status?: number
  /** Other statuses, by code. */
  readonly statuses?: Readonly<Record<PlatformCode, number>>
  /** Fields that SDKs read before they look for a code. */
  readonly errorExtras?: Readonly<Record<string, string>> | ((code: PlatformCode) => Readonly<Record<string, string>>)
  /** For an unknown app, another key's app and a wrong key: one error, so that a caller learns nothing about other apps. */
  readonly stranger: PlatformWords
  /** For a valid key that matches several accounts. */
  readonly ambiguous: PlatformWords
  /** A code on which SDKs try again later and keep their token. */
  readonly busy: PlatformWords
  readonly tooMany: PlatformWords
  readonly malformed: PlatformWords
  /** A code on which SDKs fetch a token. */
  readonly unknownToken: PlatformWords
  /** For a valid key that requests something the server does not provide. */
  readonly notServed: PlatformWords
  /**
   * Renames codes of upstream's token endpoint that SDKs take for a dead token. An SDK that receives such a code while it fetches a token
   * would fetch again forever.
   */
  readonly renamed: Readonly<Record<PlatformCode, PlatformWords>>
}
