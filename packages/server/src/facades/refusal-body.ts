import type { FacadePlatform } from './facade-platform.js'
import type { FacadeRefusal } from './facade-refusal.js'

/** A refusal as the platform sends it. */
export function refusalBody(
  { code: codeField, message: messageField, besideRefusals }: FacadePlatform,
  { code, message }: FacadeRefusal,
): Readonly<Record<string, unknown>> {
  return { [codeField]: code, [messageField]: message, ...besideRefusals }
}
