import { ConfigError } from '@lingpai/core'

/** Parses the value of `--port`. @throws ConfigError if it is not a port */
export function portOf(text: unknown): number {
  const port = typeof text === 'string' && /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new ConfigError('--port must be a number from 0 to 65535', { field: 'port', problem: 'malformed' })
}
