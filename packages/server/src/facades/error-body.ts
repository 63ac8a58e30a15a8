import type { FacadePlatform } from './facade-platform.js'
import type { FacadeError } from './facade-error.js'

/** Formats an error like the platform. */
export function errorBody(
  { code: codeField, message: messageField, errorExtras }: FacadePlatform,
  { code, message }: FacadeError,
): Readonly<Record<string, unknown>> {
  const extras = typeof errorExtras === 'function' ? errorExtras(code) : errorExtras
  return { [codeField]: code, [messageField]: message, ...extras }
}
