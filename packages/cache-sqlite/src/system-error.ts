/** The system's code of a failed file operation, such as `ENOENT`; `undefined` for any other failure. */
export function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null ? (error as { readonly code?: unknown }).code : undefined
  return typeof code === 'string' ? code : undefined
}

/** For a `catch` that survives what is listed: gives `undefined` for these codes and throws everything else. */
export function survive(...codes: readonly string[]): (error: unknown) => undefined {
  return (error) => {
    if (!codes.includes(codeOf(error) ?? '')) throw error
    return undefined
  }
}

/** For a `catch` around tidying up: it serves nobody's call, so it must fail nobody's call. */
export function ignore(): undefined {
  return undefined
}
