import type { FoundSecret } from '../read-secret.js'
import { findingsOf, type Finding } from './finding.js'

/** Reports the origin of a secret and who else can read it. */
export function checkSecret(
  subject: string,
  check: string,
  { from, exposure }: Pick<FoundSecret, 'from' | 'exposure'>,
): Finding {
  const { ok, warn } = findingsOf(subject)
  return exposure === undefined ? ok(check, `from ${from}`) : warn(check, exposure.text, { action: exposure.action })
}
