import { ConfigError, type ConfigErrorDetails } from './errors.js'

/** Makes the error of a bad input from its name and from what it must be. */
export type MakeConfigError = (
  field: string,
  mustBe: string,
  problem?: NonNullable<ConfigErrorDetails['problem']>,
) => ConfigError

/**
 * Errors of one form for the inputs of a function: `redisCache: "timeoutMs" must be a positive number`.
 *
 * @param where the function that a user calls
 */
export function configErrors(where: string): MakeConfigError {
  return (field, mustBe, problem = 'malformed') => new ConfigError(`${where}: "${field}" ${mustBe}`, { field, problem })
}
