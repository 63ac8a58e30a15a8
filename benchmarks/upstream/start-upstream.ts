import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Upstream } from '../harness/contender.js'
import type { UpstreamCounts, UpstreamOrder, UpstreamSettings } from './upstream-messages.js'

/** A running upstream. */
export interface RunningUpstream extends Upstream {
  /** Gives an order, and returns the counts after it. */
  order(order: UpstreamOrder): Promise<UpstreamCounts>
  close(): void
}

/** Starts an upstream in a process of its own. */
export async function startUpstream(settings: Partial<UpstreamSettings>): Promise<RunningUpstream> {
  const child = fork(fileURLToPath(new URL('./token-upstream.mjs', import.meta.url)), { execArgv: [] })
  const next = <T>(): Promise<T> =>
    new Promise((resolve) => {
      child.once('message', (message) => {
        resolve(message as T)
      })
    })
  const url = await next<string>()
  const order = (given: UpstreamOrder): Promise<UpstreamCounts> => {
    const counts = next<UpstreamCounts>()
    child.send(given)
    return counts
  }
  await order({ set: settings })
  return { url, fetch: (...args) => globalThis.fetch(...args), order, close: () => child.disconnect() }
}

/** An upstream without a network, for measurements in which requests play no part. Libraries that take no function use `url`. */
export function withoutNetwork(upstream: Upstream, lifeSeconds = 7200): Upstream {
  let issued = 0
  return {
    url: upstream.url,
    fetch: async () => {
      issued += 1
      const token = `PLANTED-TOKEN.${issued}.${Date.now() + lifeSeconds * 1000}.${'x'.repeat(90)}`
      return Response.json({ access_token: token, token_type: 'Bearer', expires_in: lifeSeconds })
    },
  }
}

/** When a token of the upstream expires. */
export function expiryOf(token: string): number {
  return Number(token.split('.')[2])
}
