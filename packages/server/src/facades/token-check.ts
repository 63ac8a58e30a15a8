import type { Clock, RequestSpec, TokenSource } from '@lingpai/core'
import { rateLimiter } from '../rate-limiter.js'
import type { ServedAccount } from '../served-account.js'
import type { LastHandOut } from './hand-outs.js'

/** An account is probed at most this often, however many clients are suspicious; retries have a budget of their own. */
const betweenProbesMs = 10_000

/** A client that is back so soon after it was handed a token retries a call that failed. */
const retryMs = 2000

/**
 * Probes for retries that found the token alive. SDKs without a limit retry hundreds of times in a second, and scripts that
 * ask before each call look the same.
 */
const budgetSeconds = 60
const perClientSecond = 5 / budgetSeconds
const perAccountSecond = 10 / budgetSeconds

/** SDKs wait 3 s and more for a token; a probe that hangs must not use that up. */
const probeTimeoutMs = 2000

/** The client that suspects a token. */
export interface Suspicion extends Partial<Pick<LastHandOut, 'here'>> {
  readonly client: string
}

type CheckedAccount = Pick<ServedAccount, 'name' | 'provider' | 'source'>

/** Asks the platform whether the current token is alive. */
export interface TokenCheck {
  /**
   * Shows the token to the platform and has it replaced if it is rejected. One probe for all who ask at the same time, and one
   * in 10 s; a retry causes another one within a budget. No probe if the provider names no call to try a token with. Never
   * fails: the source knows the outcome.
   */
  check(account: CheckedAccount, suspicion: Suspicion): Promise<void>
  /** How many probes of the account have begun. */
  begun(account: CheckedAccount): number
}

interface ProbeState {
  readonly number: number
  readonly startedAtMs: number
  readonly done: Promise<void>
  isOver: boolean
}

/** Checks by the probes of the providers. */
export function tokenCheck(clock: Clock): TokenCheck {
  const states = new WeakMap<TokenSource, ProbeState>()
  const budget = rateLimiter(clock, budgetSeconds)

  /** The client was handed the token after the last probe began, so its call failed after what that probe saw. */
  const isRetry = (last: ProbeState, { here }: Suspicion): boolean =>
    last.isOver && here?.probes === last.number && clock.monotonic() - here.monotonicMs <= retryMs

  const probe = (source: TokenSource, request: RequestSpec): ProbeState => {
    const { number = 0 } = states.get(source) ?? {}
    const done = showToken(source, request, clock).then(() => {
      state.isOver = true
    })
    const state: ProbeState = { number: number + 1, startedAtMs: clock.monotonic(), done, isOver: false }
    states.set(source, state)
    return state
  }

  return {
    begun: ({ source }) => states.get(source)?.number ?? 0,
    check: async ({ name, provider, source }, suspicion) => {
      const request = provider.spec.probe
      if (request === undefined) return
      const last = states.get(source)
      if (last === undefined || clock.monotonic() - last.startedAtMs >= betweenProbesMs) {
        await probe(source, request).done
        return
      }
      const budgets = [
        [`${name} ${suspicion.client}`, perClientSecond],
        [name, perAccountSecond],
      ] as const
      const hasBudget = budgets.every(([id, perSecond]) => budget.look(id, perSecond) === 0)
      if (!isRetry(last, suspicion) || !hasBudget) {
        // Clients that come while it runs wait for it as well.
        await last.done
        return
      }
      const { generation } = source.status()
      await probe(source, request).done
      if (source.status().generation === generation) for (const [id, perSecond] of budgets) budget.take(id, perSecond)
    },
  }
}

/** `TokenSource.fetch` does the rest: a token error in the response is reported for the token that was sent, and for no other. */
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
