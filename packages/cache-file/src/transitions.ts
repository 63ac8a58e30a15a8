import { randomUUID } from 'node:crypto'
import type { HeldLease, State } from './state.js'

/** The next state, and the result of the call once it is stored. Without `next` nothing changes. */
export interface Decision<T> {
  readonly next?: State
  readonly answer: T
}

/** A pure step from one state to the next. It may run several times if other processes are faster. */
export type Transition<T> = (state: State) => Decision<T>

/** Gives `holder` the lease unless another holder has it. */
export function take(holder: string, ttlMs: number, now: () => number): Transition<boolean> {
  return (state) => {
    const { lease } = state
    const nowMs = now()
    if (lease !== undefined && lease.holder !== holder && isHeld(lease, nowMs)) return { answer: false }
    return { next: { ...state, lease: { holder, untilMs: nowMs + ttlMs, ttlMs } }, answer: true }
  }
}

/**
 * Writes the value and ends the lease if it still belongs to `holder`. An expired lease is sufficient if no other holder took it.
 *
 * The result is `true` if the write of an earlier run is still current, and `false` if a newer value is.
 */
export function commit(holder: string, value: string, expiresAtMs: number | undefined): Transition<boolean> {
  const written = newWrite(value, expiresAtMs)
  return (state) => {
    if (state.writeId === written.writeId) return { answer: true }
    return state.lease?.holder === holder ? { next: written, answer: true } : { answer: false }
  }
}

/** Ends the lease if it belongs to `holder`. */
export function release(holder: string): Transition<void> {
  return ({ lease, ...rest }) => (lease?.holder === holder ? { next: rest, answer: undefined } : { answer: undefined })
}

/** Writes the value unconditionally; a lease stays. */
export function set(value: string, expiresAtMs: number | undefined): Transition<void> {
  const written = newWrite(value, expiresAtMs)
  return (state) =>
    state.writeId === written.writeId ? { answer: undefined } : { next: keepLease(written, state), answer: undefined }
}

/** Removes the value; a lease stays. */
export function remove(): Transition<void> {
  const written = newWrite(undefined, undefined)
  return (state) =>
    state.value === undefined ? { answer: undefined } : { next: keepLease(written, state), answer: undefined }
}

/**
 * Whether the lease binds others. A lease that would last longer than twice its requested duration was written before the clock was
 * set back. It counts as expired, so that a dead holder does not block all others for the length of the clock jump.
 */
export function isHeld({ untilMs, ttlMs }: HeldLease, nowMs: number): boolean {
  return nowMs < untilMs && untilMs - nowMs <= 2 * ttlMs
}

function newWrite(value: string | undefined, expiresAtMs: number | undefined): State {
  return {
    writeId: randomUUID(),
    ...(value === undefined ? {} : { value }),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
  }
}

function keepLease(written: State, { lease }: State): State {
  return lease === undefined ? written : { ...written, lease }
}
