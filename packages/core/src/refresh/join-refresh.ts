import { abortable } from '../time/abortable.js'
import type { AccountContext } from '../state/account-context.js'
import type { Flight, FlightOutcome } from '../state/account-state.js'
import { ConfigError } from '../errors.js'
import { isOtherRequest, otherRequestHint } from '../http/other-request.js'

/** A refresh is given this much longer than its own bound, milliseconds. */
const graceMs = 1000

/**
 * Waits for a refresh that may belong to another request of a runtime where I/O ends with its request. Such a refresh is
 * forgotten, so that the next call starts one of its own.
 *
 * @throws ConfigError that says where the manager belongs
 */
export async function joined<C>(
  { spec, cell, clock, timeoutMs }: AccountContext<C>,
  flight: Flight,
  signal: AbortSignal | undefined,
): Promise<FlightOutcome> {
  const forget = (): ConfigError => {
    if (cell.flight === flight) cell.flight = undefined
    return new ConfigError(
      `${spec.id}: the refresh belongs to another request, which has ended`,
      { field: 'TokenManager', problem: 'conflict' },
      { hint: otherRequestHint },
    )
  }
  if (!isBoundToRequests()) return abortable(flight.promise, signal)
  return new Promise((resolve, reject) => {
    // Without a timer of its own, the request would wait for ever: the refresh's timers ended with the other request.
    const limit = clock.setTimer(() => {
      reject(forget())
    }, timeoutMs + graceMs)
    abortable(flight.promise, signal)
      .then(resolve, (error: unknown) => {
        reject(isOtherRequest(error) ? forget() : (error as Error))
      })
      .finally(() => {
        limit.cancel()
      })
  })
}

function isBoundToRequests(): boolean {
  return (globalThis as { navigator?: { readonly userAgent?: string } }).navigator?.userAgent === 'Cloudflare-Workers'
}
