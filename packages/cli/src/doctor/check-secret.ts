import type { FoundSecret } from '../read-secret.js'
import { findingsOf, type Finding } from './finding.js'

/** Where a secret was found, and who else can read it there. */
export function checkSecret(
  subject: string,
  check: string,
  { from, file }: Pick<FoundSecret, 'from' | 'file'>,
): Finding {
  const { ok, warn, fail } = findingsOf(subject)
  const mode = process.platform === 'win32' ? 0 : (file?.mode ?? 0)
  if (file === undefined || (mode & 0o077) === 0) return ok(check, `from ${from}`)
  const text = `${file.path} can be read by ${(mode & 0o007) === 0 ? 'its group' : 'everybody'} (${mode.toString(8).padStart(4, '0')})`
  const advice = { action: `chmod 600 ${file.path}` }
  return (mode & 0o007) === 0 ? warn(check, text, advice) : fail(check, text, advice)
}
