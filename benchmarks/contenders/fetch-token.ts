import { accountId, accountSecret, type Upstream } from '../harness/contender.js'

/** A token, and how long a cache may keep it. */
export interface FetchedToken {
  readonly value: string
  readonly lifeMs: number
  /** The life without the last 10 seconds, or without its last tenth if that is shorter. */
  readonly keepMs: number
}

/** The request that a program with a general cache writes itself. */
export async function fetchToken(upstream: Upstream, account: number): Promise<FetchedToken> {
  const query = `grant_type=client_credential&appid=${accountId(account)}&secret=${accountSecret}`
  const response = await upstream.fetch(`${upstream.url}/cgi-bin/token?${query}`)
  if (!response.ok) {
    await response.body?.cancel()
    throw new TypeError(`upstream: HTTP ${response.status}`)
  }
  const body = (await response.json()) as { readonly access_token: string; readonly expires_in: number }
  const lifeMs = body.expires_in * 1000
  return { value: body.access_token, lifeMs, keepMs: lifeMs - Math.min(10_000, lifeMs / 10) }
}
