import { ConfigError } from '@lingpai/core'
import { unseenSetBackMs } from './clock-set-back.js'
import { ranMs } from './virtual-process.js'
import { accountOf, isFailureKey } from './virtual-store.js'
import type { AskedAt, ProcessMemory, StoreEntry, TokenTruth, VirtualProcess, VirtualWorld } from './virtual-world.js'

/** The core reads again if the response took longer, because its process was stopped. What it reads then is new since the read before. */
const onTimeMs = 2000

/** What a process knows about an account. */
export function memoryOf(process: VirtualProcess, index: number): ProcessMemory {
  const memory = process.memory[index]
  if (memory === undefined) throw new ConfigError(`fleet: account ${index} does not exist`)
  return memory
}

/** The current time on all clocks. */
export function askedNow({ time }: VirtualWorld, process: VirtualProcess): AskedAt {
  const { clock } = process
  return { trueMs: time.nowMs(), monotonicMs: clock.monotonic(), wallMs: clock.now(), ranMs: ranMs(process) }
}

/** Records that a response of the store reached a process; its content is as of the time of the request. */
export function learnFromStore(
  world: VirtualWorld,
  process: VirtualProcess,
  { key, entry, asked }: { readonly key: string; readonly entry: StoreEntry | undefined; readonly asked: AskedAt },
): void {
  const account = accountOf(world, key)
  if (account === undefined || isFailureKey(key)) return
  const memory = memoryOf(process, account.index)
  const newSinceMs = noteRead(memory, asked, world.time.nowMs())
  const token = entry?.token
  const isYounger = token !== undefined && (memory.token === undefined || token.order > memory.token.order)
  // Whether the entry is older is only known once the store's time is known too.
  if (isYounger || token === undefined || token === memory.token || !world.plan.store.hasClock) see(memory, asked)
  if (entry !== undefined && token !== undefined && token === memory.token) {
    memory.isMarked = entry.isMarked && entry.writtenAtMs > memory.stoodByTrueMs
    // The process that requested it again may have had its clock set during the request, and recorded a shorter life.
    memory.expiresAtMs = Math.min(memory.expiresAtMs, entry.expiresAtMs)
    const { writer, writtenAtMs } = entry
    if (writer !== process && writtenAtMs >= newSinceMs)
      memory.mayOutliveMs = unseenSetBackMs(world, writtenAtMs, newSinceMs)
  } else if (isYounger)
    learn(world, process, token, {
      isOwn: false,
      newSinceMs,
      toldOfTrueMs: asked.trueMs,
      isMarked: entry?.isMarked === true,
      expiresAtMs: entry?.expiresAtMs ?? 0,
    })
}

/** @returns the true moment since which the content may be new to the process */
function noteRead(memory: ProcessMemory, asked: AskedAt, nowMs: number): number {
  const newSinceMs = Math.min(memory.readTrueMs, nowMs)
  if (nowMs - asked.trueMs <= onTimeMs) memory.readTrueMs = asked.trueMs
  return newSinceMs
}

/** Records that a response of upstream reached a process. */
export function learnFromUpstream(
  world: VirtualWorld,
  process: VirtualProcess,
  token: TokenTruth,
  asked: AskedAt,
): void {
  const memory = memoryOf(process, token.account.index)
  see(memory, asked)
  const toldOfTrueMs = world.time.nowMs()
  // What others wrote since the last read may be older or later than this token, once a clock was set back in between.
  const newSinceMs = world.plan.store.hasClock ? toldOfTrueMs : Math.min(memory.readTrueMs, toldOfTrueMs)
  if (token !== memory.token)
    learn(world, process, token, {
      isOwn: true,
      newSinceMs,
      toldOfTrueMs,
      isMarked: false,
      expiresAtMs: token.knownExpiresAtMs,
    })
  else {
    memory.landedExpiresAtMs = memory.expiresAtMs
    memory.prolongedAtMs = ranMs(process)
    memory.expiresAtMs = token.knownExpiresAtMs
    memory.mayOutliveMs = 0
    memory.served = undefined
  }
}

function see(memory: ProcessMemory, { monotonicMs, wallMs }: AskedAt): void {
  memory.seenMonotonicMs = monotonicMs
  memory.seenWallMs = wallMs
}

function learn(
  world: VirtualWorld,
  process: VirtualProcess,
  token: TokenTruth,
  facts: Pick<ProcessMemory, 'isOwn' | 'newSinceMs' | 'toldOfTrueMs' | 'isMarked' | 'expiresAtMs'>,
): void {
  Object.assign(memoryOf(process, token.account.index), facts, {
    token,
    mayOutliveMs: 0,
    served: undefined,
    stoodByTrueMs: -Infinity,
    learnedAtMs: process.clock.monotonic(),
    learnedTrueMs: world.time.nowMs(),
  })
}

/** The longest life that callers wait for. While their process is stopped, their time to wait stands still. */
export function wantedLife(process: VirtualProcess, account: number, nowMs: number): number {
  const { wantedLifeMs, wantedUntilMs } = memoryOf(process, account)
  const { fromMs, toMs } = process.lastStop
  const stoppedMs = fromMs <= wantedUntilMs && toMs >= wantedUntilMs ? toMs - fromMs : 0
  return nowMs <= wantedUntilMs + stoppedMs ? wantedLifeMs : 0
}
