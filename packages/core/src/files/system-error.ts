/** Returns the system's code of a failed file operation, such as `ENOENT`; `undefined` for any other error. */
export function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null ? (error as { readonly code?: unknown }).code : undefined
  return typeof code === 'string' ? code : undefined
}

/** Returns a `catch` handler that gives `undefined` for the listed codes and rethrows every other error. */
export function survive(...codes: readonly string[]): (error: unknown) => undefined {
  return (error) => {
    if (!codes.includes(codeOf(error) ?? '')) throw error
    return undefined
  }
}

/** A `catch` handler for cleaning up: a failed cleanup must not fail the call that triggered it. */
export function ignore(): undefined {
  return undefined
}
