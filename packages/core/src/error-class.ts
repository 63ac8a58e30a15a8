/** Every class a platform's code can be put into. `unknown` is what no table lists: reported, never refreshed, never retried. */
export const errorClasses = [
  'token-expired',
  'token-invalid',
  'credential-invalid',
  'ip-denied',
  'permission',
  'rate-limited',
  'quota-exhausted',
  'transient',
  'needs-reauthorization',
  'unknown',
] as const

/** What a platform's error means to a caller; the provider's tables map codes to it, the core maps it to an action. */
export type ErrorClass = (typeof errorClasses)[number]

/** A code as the platform sends it: a number (QQ, WeChat, WeCom) or a string (DingTalk, OAuth 2). */
export type PlatformCode = number | string

/** Where a reply came from. The same code can mean different things: WeChat's 40001 is a wrong secret at `token`, a stale token at `api`. */
export type Endpoint = 'token' | 'api'
