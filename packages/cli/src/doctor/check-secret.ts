import type { FoundSecret } from '../read-secret.js'
import { findingsOf, type Finding } from './finding.js'

/** Where a secret was found, and who else can read it there. */
export function checkSecret(
  subject: string,
  check: string,
  { from, exposure }: Pick<FoundSecret, 'from' | 'exposure'>,
): Finding {
  const { ok, warn } = findingsOf(subject)
  return exposure === undefined ? ok(check, `from ${from}`) : warn(check, exposure.text, { action: exposure.action })
}
