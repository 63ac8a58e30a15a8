/** Returns text fields of untrusted input. Numbers become decimal strings; anything else becomes the empty string. */
export function textFields<Name extends string>(
  source: unknown,
  ...names: readonly Name[]
): { readonly [N in Name]: string } {
  const given = typeof source === 'object' && source !== null ? source : {}
  const entries = names.map((name) => {
    const value: unknown = Object.hasOwn(given, name) ? (given as Record<string, unknown>)[name] : undefined
    return [name, typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '']
  })
  return Object.fromEntries(entries) as { readonly [N in Name]: string }
}
