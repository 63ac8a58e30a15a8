/**
 * Splits `<key>`, `<key>@<account>` or `<account>@<key>`. The last form serves SDKs that distinguish apps by the first characters of the
 * secret.
 */
export function parseFacadeSecret(secret: string): { readonly key: string; readonly name: string | undefined } {
  const [first = '', second] = secret.split('@')
  return second?.startsWith('lpk_') === true && !first.startsWith('lpk_')
    ? { key: second, name: first }
    : { key: first, name: second }
}
