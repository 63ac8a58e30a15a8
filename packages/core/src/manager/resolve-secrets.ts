import type { ResolvedSpec, Secret } from '../provider.js'
import { fetchSecret } from '../upstream/fetch-secret.js'

/** Fetches the secrets that are functions, one after another. @throws as {@link fetchSecret} */
export async function resolveSecrets<C>(
  spec: ResolvedSpec<C>,
  secrets: Readonly<Record<string, Secret>>,
): Promise<Readonly<Record<string, string>>> {
  const resolved: Record<string, string> = {}
  for (const [field, secret] of Object.entries(secrets)) resolved[field] = await fetchSecret(spec, field, secret)
  return resolved
}
