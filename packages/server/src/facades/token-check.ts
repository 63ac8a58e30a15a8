import type { Clock, RequestSpec, TokenSource } from '@lingpai/core'
import type { ServedAccount } from '../served-account.js'

/** An account is probed at most this often, however many clients are suspicious. */
const betweenProbesMs = 10_000

/** SDKs wait 3 s and more for a token; a probe that hangs must not use that up. */
const probeTimeoutMs = 2000

/** Asks the platform whether the current token is alive. */
export interface TokenCheck {
  /**
   * Shows the token to the platform and has it replaced if it is refused. One probe for all who ask at the same time; none
   * if the last one is less than 10 s ago, or if the provider names no call to try a token with. Never fails: what became
   * of the token, the source knows.
   */
  check(account: Pick<ServedAccount, 'provider' | 'source'>): Promise<void>
}

interface ProbeState {
  readonly startedAtMs: number
  readonly done: Promise<void>
}

/** Checks by the probes of the providers. */
export function tokenCheck(clock: Clock): TokenCheck {
  const states = new WeakMap<TokenSource, ProbeState>()
  return {
    check: ({ provider, source }) => {
      const { probe } = provider.spec
      if (probe === undefined) return Promise.resolve()
      const last = states.get(source)
      // Those who come while it runs wait for it as well.
      if (last !== undefined && clock.monotonic() - last.startedAtMs < betweenProbesMs) return last.done
      const done = showToken(source, probe, clock)
      states.set(source, { startedAtMs: clock.monotonic(), done })
      return done
    },
  }
}

/** `TokenSource.fetch` does the rest: a token error in the reply is reported for the token that was sent, and for no other. */
async function showToken(source: TokenSource, probe: RequestSpec, clock: Clock): Promise<void> {
  const ending = new AbortController()
  const timer = clock.setTimer(() => {
    ending.abort()
  }, probeTimeoutMs)
  try {
    const response = await source.fetch(urlOf(probe), { ...initOf(probe), signal: ending.signal })
    await response.body?.cancel()
  } catch {
    // The platform could not be asked, or another token could not be had; the latter the caller hears from the source.
  } finally {
    timer.cancel()
  }
}

function urlOf({ url, query = {} }: RequestSpec): string {
  const search = new URLSearchParams(query).toString()
  return search === '' ? url : `${url}?${search}`
}

function initOf({ method, headers = {}, json, form }: RequestSpec): RequestInit {
  if (json === undefined) return { method, headers, ...(form && { body: new URLSearchParams(form) }) }
  return { method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(json) }
}
