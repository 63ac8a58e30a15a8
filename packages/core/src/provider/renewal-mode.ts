/**
 * What another token request does while a token is alive.
 *
 * - `rotate`: upstream gives a new token, and the old one lives on for the overlap
 * - `sticky`: upstream gives the same token until its last `windowSeconds`, then a new one
 * - `extend`: upstream gives the same token and prolongs its life
 * - `independent`: upstream gives a new token, and old ones live until their own expiry
 */
export type RenewalMode = 'rotate' | 'sticky' | 'extend' | 'independent'

/** What a mode means for everything that depends on it. */
export interface RenewalTraits {
  /** Another request ends the token before it, after the overlap. */
  readonly endsOld: boolean
  /** Another request gives the same token with the same end, until its window. */
  readonly repeats: boolean
  /** Another request gives the same token with a later end. */
  readonly prolongs: boolean
  /** Default of `attemptsAtSeconds`, without a window. */
  readonly attemptsAtSeconds: readonly number[]
  /** Default of `memorySeconds`. */
  readonly memorySeconds: number
}

/** All modes. A new one is a row here, and a case in the simulated platforms of `@lingpai/testing`. */
export const renewalModes: Readonly<Record<RenewalMode, RenewalTraits>> = {
  rotate: { endsOld: true, repeats: false, prolongs: false, attemptsAtSeconds: [600], memorySeconds: 60 },
  sticky: { endsOld: false, repeats: true, prolongs: false, attemptsAtSeconds: [300, 20], memorySeconds: Infinity },
  extend: { endsOld: false, repeats: false, prolongs: true, attemptsAtSeconds: [600], memorySeconds: Infinity },
  independent: { endsOld: false, repeats: false, prolongs: false, attemptsAtSeconds: [60], memorySeconds: Infinity },
}
