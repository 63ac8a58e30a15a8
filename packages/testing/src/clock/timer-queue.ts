import type { Timer } from '@lingpai/core'

/** An armed timer. */
export interface ArmedTimer {
  readonly dueMs: number
  readonly callback: () => void
}

/** Armed timers, ordered by time and then by the order in which they were armed, as with real timers. */
export interface TimerQueue {
  /** Number of armed timers. */
  readonly size: number
  arm(dueMs: number, callback: () => void): Timer
  /** Removes and returns the first timer that is due by `endMs`. */
  take(endMs: number): ArmedTimer | undefined
}

interface Place extends ArmedTimer {
  readonly serial: number
  isArmed: boolean
}

/** Creates an empty queue: a binary heap in which cancelled timers stay until they reach the top. */
export function timerQueue(): TimerQueue {
  const heap: Place[] = []
  let serial = 0
  let size = 0
  const disarm = (place: Place): void => {
    if (place.isArmed) size--
    place.isArmed = false
  }
  return {
    get size() {
      return size
    },
    arm: (dueMs, callback) => {
      const place: Place = { dueMs, callback, serial: serial++, isArmed: true }
      push(heap, place)
      size++
      return {
        cancel: () => {
          disarm(place)
        },
      }
    },
    take: (endMs) => {
      for (let first = heap[0]; first !== undefined; first = heap[0]) {
        if (first.isArmed && first.dueMs > endMs) return undefined
        pop(heap)
        if (first.isArmed) {
          disarm(first)
          return first
        }
      }
      return undefined
    },
  }
}

function isBefore(a: Place, b: Place): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.serial < b.serial)
}

function push(heap: Place[], place: Place): void {
  let at = heap.length
  while (at > 0) {
    const parentAt = (at - 1) >> 1
    const parent = heap[parentAt]
    if (parent === undefined || isBefore(parent, place)) break
    heap[at] = parent
    at = parentAt
  }
  heap[at] = place
}

function pop(heap: Place[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let at = 0
  for (;;) {
    const leftAt = 2 * at + 1
    const left = heap[leftAt]
    const right = heap[leftAt + 1]
    if (left === undefined) break
    const [childAt, child] = right !== undefined && isBefore(right, left) ? [leftAt + 1, right] : [leftAt, left]
    if (isBefore(last, child)) break
    heap[at] = child
    at = childAt
  }
  heap[at] = last
}
