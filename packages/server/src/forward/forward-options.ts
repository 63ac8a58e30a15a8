import { ConfigError } from '@lingpai/core'
import type { Dispatcher } from 'undici'

/** Options of the forwarder. */
export interface ForwardOptions {
  /** Largest body that is kept so that its call can be repeated, bytes. A larger one is sent once, while it arrives. @default 1_048_576 */
  readonly largestReplayBytes?: number
  /** Longest wait for the head of a response, and for each part of its body, milliseconds. @default 60_000 */
  readonly timeoutMs?: number
  /** Longest time that a client may take to send one request, milliseconds. @default 300_000 */
  readonly uploadMs?: number
  /** Sends the calls, for example through a proxy. The caller closes it. @default a pool of connections for each host */
  readonly dispatcher?: Dispatcher
}

/** The options with their defaults. */
export type ResolvedForwardOptions = Required<Omit<ForwardOptions, 'dispatcher'>> & Pick<ForwardOptions, 'dispatcher'>

const defaults = { largestReplayBytes: 1024 * 1024, timeoutMs: 60_000, uploadMs: 300_000 }

/** Fills in the defaults; `undefined` if nothing is forwarded. @throws ConfigError for an option that is not a positive number */
export function forwardOptionsOf(forward: boolean | ForwardOptions | undefined): ResolvedForwardOptions | undefined {
  if (forward === undefined || forward === false) return undefined
  const options = { ...defaults, ...(forward === true ? {} : forward) }
  for (const field of ['largestReplayBytes', 'timeoutMs', 'uploadMs'] as const) {
    if (options[field] > 0) continue
    throw new ConfigError(`tokenServer: "forward.${field}" must be a positive number`, {
      field: `forward.${field}`,
      problem: 'malformed',
    })
  }
  return options
}
