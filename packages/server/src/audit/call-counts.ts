import type { CallOutcome, LoggedCall } from './logged-call.js'

/** How many calls of one client key to one account ended in one way. */
export interface CallCount {
  /** As metrics name them. */
  readonly labels: {
    readonly provider: string
    readonly account: string
    readonly key: string
    readonly outcome: CallOutcome
  }
  readonly count: number
}

/** Counts forwarded calls with one look-up each. A counter of `prom-client` would check, sort and join the labels of each call. */
export class CallCounts {
  readonly #counts = new Map<string, CallCount & { count: number }>()

  add({ caller: { key }, account: { provider, name }, outcome }: Omit<LoggedCall, 'seconds'>): void {
    // Only the name of a key may contain spaces.
    const place = `${outcome} ${provider.id} ${name} ${key.name}`
    const found = this.#counts.get(place)
    if (found !== undefined) found.count += 1
    else this.#counts.set(place, { labels: { provider: provider.id, account: name, key: key.name, outcome }, count: 1 })
  }

  all(): Iterable<CallCount> {
    return this.#counts.values()
  }
}
