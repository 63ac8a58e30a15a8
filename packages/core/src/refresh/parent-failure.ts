import type { FailureSummary, TokenSource } from '../token-source.js'

/** Why the parent of a derived account has no token to give; `undefined` where it has one, or where nothing is derived. */
export function parentFailure(parent: TokenSource | undefined): FailureSummary | undefined {
  const status = parent?.status()
  return status?.state === 'failing' ? status.lastFailure : undefined
}
