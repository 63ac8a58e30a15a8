import { looseness } from '../private-file.js'
import type { FoundSecret } from '../read-secret.js'
import { findingsOf, type Finding } from './finding.js'

/** Where a secret was found, and who else can read it there. */
export function checkSecret(
  subject: string,
  check: string,
  { from, file }: Pick<FoundSecret, 'from' | 'file'>,
): Finding {
  const { ok, warn, fail } = findingsOf(subject)
  const text = file && looseness(file)
  if (file === undefined || text === undefined) return ok(check, `from ${from}`)
  const advice = { action: `chmod 600 ${file.path}` }
  return (file.mode & 0o007) === 0 ? warn(check, text, advice) : fail(check, text, advice)
}
