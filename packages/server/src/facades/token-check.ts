import type { Clock, RequestSpec, TokenSource } from '@lingpai/core'
import { rateLimiter } from '../auth/rate-limiter.js'
import type { ServedAccount } from '../accounts/served-account.js'
import type { LastHandOut } from './hand-outs.js'

/** Shortest time between two probes of an account, for all suspicious clients together. Retries have their own budget. */
const betweenProbesMs = 10_000

/** A client that comes back within this time after it received a token retries a failed call. */
const retryMs = 2000

/**
 * Budget of probes for retries that found the token alive. SDKs without a retry limit, and scripts that fetch a token before each
 * call, come back hundreds of times in a second.
 */
const budgetSeconds = 60
const perClientSecond = 5 / budgetSeconds
const perAccountSecond = 10 / budgetSeconds

/** SDKs wait at least 3 s for a token, so a hanging probe must end sooner. */
const probeTimeoutMs = 2000

/** A client that suspects its token. */
export interface Suspicion extends Partial<Pick<LastHandOut, 'here'>> {
  readonly client: string
}

type CheckedAccount = Pick<ServedAccount, 'name' | 'provider' | 'source'>

/** Checks with the platform whether the current token is alive. */
export interface TokenCheck {
  /**
   * Sends the token to the platform and has it replaced if the platform rejects it. Concurrent callers share one probe, and there is at
   * most one probe in 10 s; a retry causes another one within a budget. Does nothing if the provider has no probe. Never rejects: the
   * source knows the outcome.
   */
  check(account: CheckedAccount, suspicion: Suspicion): Promise<void>
  /** Returns how many probes of the account have begun. */
  begun(account: CheckedAccount): number
}

interface ProbeState {
  readonly number: number
  readonly startedAtMs: number
  readonly done: Promise<void>
  isOver: boolean
}

/** Checks tokens with the probes of the providers. */
export function tokenCheck(clock: Clock): TokenCheck {
  const states = new WeakMap<TokenSource, ProbeState>()
  const budget = rateLimiter(clock, budgetSeconds)

  /** Whether the client received the token after the last probe began, so its call failed later than that probe. */
  const isRetry = (last: ProbeState, { here }: Suspicion): boolean =>
    last.isOver && here?.probes === last.number && clock.monotonic() - here.monotonicMs <= retryMs

  const probe = (source: TokenSource, request: RequestSpec): ProbeState => {
    const { number = 0 } = states.get(source) ?? {}
    const done = probeToken(source, request, clock).then(() => {
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
        // Clients that arrive while it runs wait for it too.
        await last.done
        return
      }
      const { generation } = source.status()
      await probe(source, request).done
      if (source.status().generation === generation) for (const [id, perSecond] of budgets) budget.take(id, perSecond)
    },
  }
}

/** Uses `TokenSource.fetch`, which reports a token error in the response for the token that was sent. */
async function probeToken(source: TokenSource, probe: RequestSpec, clock: Clock): Promise<void> {
  const ending = new AbortController()
  const timer = clock.setTimer(() => {
    ending.abort()
  }, probeTimeoutMs)
  try {
    const response = await source.fetch(urlOf(probe), { ...initOf(probe), signal: ending.signal })
    await response.body?.cancel()
  } catch {
    // The probe failed, or the token could not be replaced. The source reports the latter to the caller.
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
