import { ConfigError } from '@lingpai/core'

/** The number that `--port` was given. @throws ConfigError for what is no port */
export function portOf(text: unknown): number {
  const port = typeof text === 'string' && /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new ConfigError('--port is to be a number from 0 to 65535', { field: 'port', problem: 'malformed' })
}
