import type { Clock, Timer } from '@lingpai/core'
import type { RandomStream } from './random-stream.js'
import type { ProcessMemory, VirtualHost, VirtualProcess } from './virtual-world.js'
import type { VirtualTime } from './virtual-time.js'

/** A stop of this length may have cost a lease; a shorter one excuses nothing. */
const noticeableMs = 1000

const never = { fromMs: -Infinity, toMs: -Infinity, stoppedMs: 0 }

interface Waiting {
  readonly isTimer: boolean
  readonly run: () => void
}

/** What a process needs. */
export interface ProcessParts {
  readonly name: string
  readonly slot: number
  readonly host: VirtualHost
  readonly time: VirtualTime
  readonly accounts: number
  readonly random: RandomStream
}

/** Starts a process: a clock, and an entry point for everything that happens to it. */
export function virtualProcess({ name, slot, host, time, accounts, random }: ProcessParts): VirtualProcess {
  const bootMs = time.nowMs() - random.between(0, 1_000_000)
  const monotonic = (): number => time.nowMs() - bootMs - host.sleptMs
  const waiting: Waiting[] = []

  const enter = (run: () => void): void => {
    if (!process.isAlive) return
    if (process.isFrozen) {
      waiting.push({ isTimer: false, run })
      return
    }
    time.stir()
    run()
  }

  const setTimer = (callback: () => void, delayMs: number): Timer => {
    const dueMs = Math.ceil(monotonic() + Math.max(1, delayMs))
    let isArmed = true
    const ring = (): void => {
      if (!isArmed || !process.isAlive) return
      // The machine was suspended, and so was its monotonic clock.
      if (monotonic() < dueMs) {
        time.after(dueMs - monotonic(), ring)
        return
      }
      if (process.isFrozen) {
        waiting.push({ isTimer: true, run: ring })
        return
      }
      isArmed = false
      time.stir()
      callback()
    }
    const event = time.after(dueMs - monotonic(), ring)
    return {
      cancel: () => {
        isArmed = false
        event.cancel()
      },
    }
  }

  const thaw = (): void => {
    process.isFrozen = false
    for (const entry of inOrderOf(waiting.splice(0), random.between(0, 2))) {
      time.after(0, () => {
        if (entry.isTimer) entry.run()
        else enter(entry.run)
      })
    }
  }

  const process: VirtualProcess = {
    name,
    slot,
    host,
    clock: { now: () => time.nowMs() + host.skewMs, monotonic, setTimer } satisfies Clock,
    bornAtMs: time.nowMs(),
    random,
    isAlive: true,
    diedAtMs: Infinity,
    lastStop: never,
    isFrozen: false,
    troubleAtMs: -Infinity,
    cutUntilMs: -Infinity,
    toldTimes: [],
    sources: [],
    memory: Array.from({ length: accounts }, emptyMemory),
    enter,
    kill: () => {
      process.isAlive = false
      process.diedAtMs = time.nowMs()
      waiting.length = 0
    },
    freeze: (durationMs, isSleep) => {
      if (process.isFrozen || !process.isAlive) return
      process.isFrozen = true
      const [fromMs, stoppedMs] = [time.nowMs(), process.lastStop.stoppedMs + (isSleep ? 0 : durationMs)]
      if (durationMs >= noticeableMs) process.lastStop = { fromMs, toMs: fromMs + durationMs, stoppedMs }
      // The host's clock is set before its processes wake.
      if (!isSleep) time.after(durationMs, thaw)
      else time.after(durationMs, () => time.after(0, thaw))
    },
  }
  return process
}

/** Running time of a process on its monotonic clock, without stops of a second or more. */
export function ranMs({ clock, lastStop }: VirtualProcess): number {
  return clock.monotonic() - lastStop.stoppedMs
}

/** A real event loop handles timers or sockets first, depending on where it was stopped. */
function inOrderOf(waiting: readonly Waiting[], order: number): readonly Waiting[] {
  const rank = ({ isTimer }: Waiting): number => (order === 0 ? 0 : Number(isTimer === (order === 1)))
  return waiting
    .map((entry, i) => ({ entry, i }))
    .sort((a, b) => rank(a.entry) - rank(b.entry) || a.i - b.i)
    .map(({ entry }) => entry)
}

function emptyMemory(): ProcessMemory {
  return {
    token: undefined,
    learnedAtMs: 0,
    learnedTrueMs: 0,
    toldOfTrueMs: 0,
    newSinceMs: Infinity,
    isOwn: false,
    expiresAtMs: 0,
    mayOutliveMs: 0,
    isMarked: false,
    stoodByTrueMs: -Infinity,
    served: undefined,
    seenMonotonicMs: -Infinity,
    readTrueMs: Infinity,
    prolongedAtMs: -Infinity,
    landedExpiresAtMs: 0,
    seenWallMs: -Infinity,
    rejected: new Set(),
    refused: new Set(),
    forced: 0,
    wantedLifeMs: 0,
    wantedUntilMs: 0,
  }
}
