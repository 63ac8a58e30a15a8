import { deadlineOf, refreshAtOf } from '../state/local-times.js'
import type { AccountContext } from '../state/account-context.js'
import { isRejected } from '../state/account-state.js'
import type { Clock } from '../clock.js'
import { coolDownLeftMs } from '../refresh/cool-down.js'
import { agendaOf, type Task } from '../time/agenda.js'
import { hasCome, timeLeftMs } from '../time/moment.js'
import { onAbort } from '../time/on-abort.js'

/** What is refreshed in the background. */
export interface RenewedSource<C> {
  /** The context, if its secrets are known. */
  readonly context: AccountContext<C> | undefined
  /** Does what a caller would start: refreshes ahead, or gets a token. */
  renew(): Promise<void>
}

/** Longest sleep, so that a suspended machine or a clock set forward is noticed. */
const longestSleepMs = 60_000
/** Wait after a failure without its own cool-down: a secret could not be fetched, or the lease not be taken. */
const afterErrorMs = 5000
/** Shortest sleep, whatever fails. */
const shortestSleepMs = 1000

/**
 * The background refresh of one source, a task of the agenda that all share. Each has its own stop, so that stopping an old one never
 * affects a new one.
 */
export class BackgroundRefresh<C> implements Task {
  readonly #source: RenewedSource<C>
  readonly #clock: Clock
  #dueAtMs = 0
  #isPlanned = false
  #isOver = false
  #forgetSignal: (() => void) | undefined

  constructor(source: RenewedSource<C>, clock: Clock) {
    this.#source = source
    this.#clock = clock
  }

  get dueAtMs(): number {
    return this.#dueAtMs
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Begins now, or in a moment where many begin. */
  begin(): void {
    const waitMs = agendaOf(this.#clock).beginAfterMs()
    if (waitMs > 0) this.#plan(waitMs)
    else this.run()
  }

  /** Takes the turn that is due. */
  run(): void {
    this.#isPlanned = false
    const { context } = this.#source
    const leftMs = context === undefined ? 0 : sleepMs(context)
    if (leftMs > 0) this.#sleep(leftMs)
    else void this.#renew()
  }

  /** Has `end` called when a signal aborts. */
  stopOn(signal: AbortSignal, end: () => void): void {
    this.#forgetSignal = onAbort(signal, end)
  }

  stop(): void {
    this.#forgetSignal?.()
    this.#isOver = true
    if (this.#isPlanned) agendaOf(this.#clock).noteOver()
    this.#isPlanned = false
  }

  async #renew(): Promise<void> {
    try {
      await this.#source.renew()
      const { context } = this.#source
      this.#sleep(context === undefined ? afterErrorMs : sleepMs(context))
    } catch {
      // The failure has already been emitted as an event. It must not end the background refresh.
      this.#sleep(afterErrorMs)
    }
  }

  #sleep(wantedMs: number): void {
    this.#plan(Math.min(Math.max(wantedMs, shortestSleepMs), longestSleepMs))
  }

  #plan(waitMs: number): void {
    if (this.#isOver) return
    this.#isPlanned = true
    this.#dueAtMs = this.#clock.monotonic() + waitMs
    agendaOf(this.#clock).plan(this)
  }
}

/** Milliseconds until the next turn has work to do. */
function sleepMs<C>(context: AccountContext<C>): number {
  const { state, clock } = context
  const { times } = state
  const isAlive = times !== undefined && !isRejected(state) && !hasCome(deadlineOf(times), clock)
  const coolMs = coolDownLeftMs(context, isAlive ? 'ahead' : 'cold')
  if (coolMs > 0) return coolMs
  return isAlive ? timeLeftMs(refreshAtOf(times), clock) : 0
}
