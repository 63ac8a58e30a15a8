import type { FailureSummary, TokenSource } from '../token-source.js'

/** Why the parent of a derived account has no usable token; `undefined` if it has one, or the account has no parent. */
export function parentFailure(parent: TokenSource | undefined): FailureSummary | undefined {
  const status = parent?.status()
  return status?.state === 'failing' ? status.lastFailure : undefined
}
