/**
 * Every class of a platform's error code. `unknown` is the class of a code that no table lists: it is reported, but
 * causes neither a refresh nor a retry.
 */
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

/**
 * What a platform's error means. The provider's tables map codes to a class, and the core maps the class to an action.
 */
export type ErrorClass = (typeof errorClasses)[number]

/** A code as the platform sends it: a number (QQ, WeChat, WeCom) or a string (DingTalk, OAuth 2). */
export type PlatformCode = number | string

/**
 * Where a response came from. The same code can mean different things: WeChat's 40001 is a wrong secret at `token` and
 * an outdated token at `api`.
 */
export type Endpoint = 'token' | 'api'
