import { credentialProblem } from '../account.js'
import { ConfigError, UnavailableError } from '../errors.js'
import type { ResolvedSpec, Secret } from '../provider.js'
import { scrubCause } from '../secrecy/redact.js'

/**
 * Fetches the secrets that are functions.
 *
 * @throws UnavailableError naming the field whose function failed
 * @throws ConfigError naming the field whose function returned no secret
 */
export async function resolveSecrets<C>(
  spec: ResolvedSpec<C>,
  secrets: Readonly<Record<string, Secret>>,
): Promise<Readonly<Record<string, string>>> {
  const resolved: Record<string, string> = {}
  for (const [field, secret] of Object.entries(secrets)) {
    try {
      const value: unknown = typeof secret === 'function' ? await secret() : secret
      resolved[field] = typeof value === 'string' ? value.trim() : ''
    } catch (cause) {
      throw new UnavailableError(
        `${spec.id}: the function that fetches ${field} failed`,
        { provider: spec.id, problem: 'secret', field },
        { cause: scrubCause(cause) },
      )
    }
    const problem = credentialProblem(resolved[field], spec.pattern?.[field])
    if (problem !== undefined) {
      throw new ConfigError(`${spec.id}: the result of the function that fetches ${field} is ${problem}`, {
        field,
        problem,
      })
    }
  }
  return resolved
}
