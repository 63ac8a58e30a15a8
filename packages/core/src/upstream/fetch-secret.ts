import { credentialProblem } from '../account.js'
import { ConfigError, UnavailableError } from '../errors.js'
import type { ResolvedSpec, Secret } from '../provider.js'
import { scrubCause } from '../secrecy/redact.js'

/**
 * Returns a secret, trimmed; calls it if it is a function.
 *
 * @throws UnavailableError naming the field whose function failed
 * @throws ConfigError naming the field whose function returned no secret
 */
export async function fetchSecret<C>(
  spec: ResolvedSpec<C>,
  field: string,
  secret: Secret | undefined,
): Promise<string> {
  let value: unknown
  try {
    value = typeof secret === 'function' ? await secret() : secret
  } catch (cause) {
    throw new UnavailableError(
      `${spec.id}: the function that fetches ${field} failed`,
      { provider: spec.id, problem: 'secret', field },
      { cause: scrubCause(cause) },
    )
  }
  const text = typeof value === 'string' ? value.trim() : ''
  const problem = credentialProblem(text, spec.pattern?.[field])
  if (problem === undefined) return text
  throw new ConfigError(`${spec.id}: the result of the function that fetches ${field} is ${problem}`, {
    field,
    problem,
  })
}

/** The error of a secret whose function does not return. */
export function lateSecret(id: string, timeoutMs: number): UnavailableError {
  const text = `${id}: the function that fetches the secret did not return within ${timeoutMs} ms`
  return new UnavailableError(text, { provider: id, problem: 'secret' })
}
