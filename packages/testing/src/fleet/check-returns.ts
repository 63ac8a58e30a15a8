import { isLingpaiError } from '@lingpai/core'
import { renewalModes } from '@lingpai/core/internal'
import { verdict } from '../simulator/token-book.js'
import { checkLeak } from './check-leaks.js'
import { mostForwardMs, wasClockSetBack } from './clock-set-back.js'
import { memoryOf, wantedLife } from './fleet-memory.js'
import { haveNoOrder, landsWithinMs, twinsOf } from './tokens-asked-together.js'
import { ranMs } from './virtual-process.js'
import { storedOf } from './virtual-store.js'
import { wasNeverTimed } from './was-never-timed.js'
import type {
  ProcessMemory,
  TokenTruth,
  VirtualAccount,
  VirtualHost,
  VirtualProcess,
  VirtualWorld,
} from './virtual-world.js'

/** A pending call. */
export interface PendingCall {
  readonly process: VirtualProcess
  readonly account: VirtualAccount
  readonly startedAtMs: number
  readonly minLifeMs: number
  /** A usable token that was in memory when the call started. */
  readonly atHand: TokenTruth | undefined
  /** The token that the call reported. */
  readonly reported?: TokenTruth
}

/** The longest margin before expiry, and by how much a record may look older than it is. */
const slackMs = 25_000
/** A refresh, and a few store calls without a response. */
const longestCallMs = 45_000
/** Limit of a store call. */
const toldWithinMs = 1000
/** A little more than the limit of a request; a response is in memory by then, too. */
const requestMs = 12_000
/** Trouble without an upstream failure is over after this time. */
const settlesWithinMs = 30_000
/** The longest cool-down after a token was killed from outside. */
const duelMs = 25 * 60_000
/** The longest wait for a rival. */
const longestBackOffMs = 60_000

/** Records a call that starts now. */
export function pendingCall(
  world: VirtualWorld,
  process: VirtualProcess,
  account: VirtualAccount,
  minLifeMs = 0,
): PendingCall {
  const memory = memoryOf(process, account.index)
  if (minLifeMs > 0) {
    memory.wantedLifeMs = Math.max(minLifeMs, wantedLife(process, account.index, world.time.nowMs()))
    memory.wantedUntilMs = world.time.nowMs() + longestCallMs
  }
  world.figures.calls += 1
  const atHand = isAtHand(world, process, account, memory, minLifeMs) ? memory.served : undefined
  return { process, account, startedAtMs: world.time.nowMs(), minLifeMs, atHand }
}

/** Whether the token that the last call returned must be served without waiting. */
function isAtHand(
  world: VirtualWorld,
  process: VirtualProcess,
  account: VirtualAccount,
  memory: ProcessMemory,
  minLifeMs: number,
): boolean {
  const { token, served } = memory
  if (served === undefined || served !== token || memory.isMarked) return false
  if (memory.rejected.has(served) || memory.refused.has(served)) return false
  // The last response about the token counts once it has been written, and a suspended process writes nothing.
  const isLanded = ranMs(process) - memory.prolongedAtMs > landsWithinMs
  const expiresAtMs = isLanded ? memory.expiresAtMs : Math.min(memory.expiresAtMs, memory.landedExpiresAtMs)
  const lifeMs = expiresAtMs - minLifeMs - slackMs - agedInWriteMs(served)
  if (world.time.nowMs() >= lifeMs) return false
  const { host } = process
  // Records of a store without its own clock are read by the clock that was set. Those that are new since the last read may have been
  // written before the change, which no process can know, so it assumes the shorter life.
  const readableMs = Math.min(served.sim.issuedAtMs - settlesWithinMs, memory.newSinceMs)
  if (!world.plan.store.hasClock && host.jumps.some(({ atMs }) => atMs >= readableMs)) return false
  if (wasNeverTimed(served)) return false
  // Without one clock for all, the store's record counts, and it is of a rejected token that may be the later one.
  if (!world.plan.store.hasClock && twinsOf(served).some(({ isReported }) => isReported)) return false
  if (world.time.nowMs() + setForwardMs(host, memory.learnedTrueMs) >= lifeMs) return false
  const { mode, overlapSeconds, marginSeconds } = account.provider.spec.renewal
  if (!renewalModes[mode].endsOld) return true
  // The token may have been replaced and died since, so the store must be read.
  const { clock } = process
  const awakeMs = clock.monotonic() - memory.seenMonotonicMs
  const unseenMs = Math.max(awakeMs + setForwardMs(host, memory.learnedTrueMs), clock.now() - memory.seenWallMs)
  const overlapMs = (overlapSeconds - marginSeconds) * 1000
  return unseenMs < overlapMs && !hasOverdueRequest(world, process, account, overlapMs)
}

/** How much older a token looks because the clock of its writer was set forward between the request and the end of its write. */
function agedInWriteMs({ by }: TokenTruth): number {
  return by === undefined ? 0 : mostForwardMs(by.process.host, by.sentAtMs, by.arrivedAtMs + landsWithinMs)
}

/**
 * Whether a request of the process that may have replaced its token is not over, although the overlap may be by now: the process was
 * stopped since, perhaps with the response. A clock that was set forward since looks like a machine that slept.
 */
function hasOverdueRequest(
  world: VirtualWorld,
  process: VirtualProcess,
  { requests }: VirtualAccount,
  overlapMs: number,
): boolean {
  const now = world.time.nowMs()
  return requests.some(
    ({ process: sender, sentAtMs, asked }) =>
      sender === process &&
      now - sentAtMs + setForwardMs(sender.host, sentAtMs) >= overlapMs &&
      ranMs(process) - asked.ranMs < requestMs,
  )
}

/** How far a host's clock is ahead of its lowest value since a time; things seem to end that much earlier. */
function setForwardMs({ skewMs, jumps }: VirtualHost, sinceMs: number): number {
  let before = skewMs
  let lowest = skewMs
  for (const { atMs, byMs } of jumps.toReversed()) {
    if (atMs < sinceMs) break
    before -= byMs
    lowest = Math.min(lowest, before)
  }
  return skewMs - lowest
}

/** G2, G3, G4 and G8 when a call returns. @returns the token, unless it is unknown */
export function checkReturn(world: VirtualWorld, call: PendingCall, value: string): TokenTruth | undefined {
  const { process, account, startedAtMs, atHand } = call
  const now = world.time.nowMs()
  const token = world.tokens.get(value)
  world.figures.served += 1
  world.trace.add(now, process.name, 'gets', token?.name ?? '?')
  if (token === undefined) {
    world.broken('G2', `${process.name} was given a token that no platform issued`)
    return undefined
  }
  if (token.account !== account) {
    world.broken('G8', `${process.name} asked for ${account.name} and was given ${token.name}`)
    return undefined
  }
  const memory = memoryOf(process, account.index)
  if (memory.rejected.has(token)) world.broken('G4', `${process.name} was given ${token.name}, which it had reported`)
  if (memory.token === token && memory.isMarked)
    world.broken('G2', `${process.name} was given ${token.name}, which the store's record said was rejected`)
  const why = verdict(token.sim, now)
  // The process knows the token only from the store, in times of a clock that was set.
  const isToldOnly = !(memory.isOwn && memory.token === token)
  const isBlamed = isToldOnly
    ? wasClockSetBack(world, token.sim.issuedAtMs)
    : now - token.sim.expiresAtMs < memory.mayOutliveMs
  if (why === 'expired' && !isBlamed)
    world.broken('G2', `${process.name} was given ${token.name}, expired ${now - token.sim.expiresAtMs} ms ago`)
  if (why === 'superseded' && !isUnknowable(world, process, token)) {
    world.broken(
      'G2',
      `${process.name} was given ${token.name}, past its overlap since ${now - token.sim.overlapEndsAtMs} ms`,
    )
  }
  if (atHand !== undefined && now > startedAtMs)
    world.broken('G3', `${process.name} waited ${now - startedAtMs} ms although ${atHand.name} was at hand`)
  if (now - startedAtMs > longestCallMs && process.lastStop.toMs < startedAtMs)
    world.broken('G6', `a call of ${process.name} took ${now - startedAtMs} ms`)
  checkKept(world, call, token)
  memory.served = memory.token === token ? token : undefined
  return token
}

/** G5: a process still serves the token that it fetched, even if the record was lost. */
function checkKept(world: VirtualWorld, { process, account, startedAtMs }: PendingCall, token: TokenTruth): void {
  const { token: known, isOwn, learnedAtMs, learnedTrueMs, rejected } = memoryOf(process, account.index)
  if (known === undefined || !isOwn || token.order >= known.order || known.isReported) return
  // The record is in memory after its write succeeded or failed; the process may be suspended in between.
  const awakeMs = process.clock.monotonic() - learnedAtMs - (world.time.nowMs() - startedAtMs)
  if (awakeMs <= landsWithinMs || process.lastStop.toMs >= learnedTrueMs) return
  // It may hold a twin instead, and that may be rejected.
  const isTwinGone = twinsOf(known).some((twin) => rejected.has(twin) || haveNoOrder(twin, token))
  if (isTwinGone || haveNoOrder(known, token) || wasClockSetBack(world, token.sim.issuedAtMs)) return
  if (wasNeverTimed(known) || wasNeverTimed(token)) return
  // The store lost an acknowledged write and has received the other token since. The generation was lost with it, and no other
  // order is independent of the clocks.
  if (token.putBackSinceMs >= learnedTrueMs) return
  world.broken('G5', `${process.name} had fetched ${known.name} and was given ${token.name}`)
}

/** Whether no process could have told this one in time that its token was replaced. */
function isUnknowable(world: VirtualWorld, process: VirtualProcess, token: TokenTruth): boolean {
  const { tokens } = token.account
  const now = world.time.nowMs()
  const next = tokens[token.order]
  // A rival requested it, or the response with the token was lost.
  const isOutside = next?.by === undefined || !next.isKnown || !next.by.process.isAlive
  const overlapMs = token.account.provider.spec.renewal.overlapSeconds * 1000
  // Two new tokens within one overlap, forced or after rejections, end it early; no process can anticipate that.
  const isCutShort = next !== undefined && now < next.sim.issuedAtMs + shortestMs(overlapMs)
  const sinceMs = token.sim.overlapEndsAtMs - overlapMs - settlesWithinMs
  const isCut = process.troubleAtMs >= sinceMs || token.account.lostAtMs >= sinceMs
  const holder = next?.by?.process
  // The process that fetched the next token was suspended with it.
  const isHeldBack =
    holder !== undefined &&
    holder.lastStop.toMs >= (next?.sim.issuedAtMs ?? 0) &&
    now < holder.lastStop.toMs + shortestMs(overlapMs) &&
    knowsNoOther(process, token)
  const isHidden = holder !== undefined && (holder.troubleAtMs >= sinceMs || isHeldBack)
  if (!isOutside && !isCutShort && !isCut && !isHidden && !isWithoutOrder(world, token, next)) return false
  world.figures.excused += 1
  return true
}

/** A platform without an overlap ends a token before the next one can be in the store. */
function shortestMs(overlapMs: number): number {
  return overlapMs === 0 ? landsWithinMs : overlapMs
}

/**
 * Whether a process knows no later token, or has only just learned of one: its own is in memory after its write, one that it read once
 * the store has also told it the time.
 */
function knowsNoOther(process: VirtualProcess, token: TokenTruth): boolean {
  const { token: known, isOwn, learnedAtMs } = memoryOf(process, token.account.index)
  return known === token || process.clock.monotonic() - learnedAtMs <= (isOwn ? landsWithinMs : toldWithinMs)
}

/** Whether only the platform knows which of two tokens came first. */
function isWithoutOrder(world: VirtualWorld, token: TokenTruth, next: TokenTruth | undefined): boolean {
  // Only if the store was unreachable: under a lease, no two requests overlap.
  const isApart = [token.by, next?.by].some(
    (by) => (by?.process.troubleAtMs ?? -Infinity) >= (by?.sentAtMs ?? Infinity) - settlesWithinMs,
  )
  if (next !== undefined && isApart && haveNoOrder(token, next)) return true
  // The store lost the generation, and the clock of the records was set back.
  return token.account.lostAtMs >= token.sim.issuedAtMs && wasClockSetBack(world, token.sim.issuedAtMs)
}

/** How long a failure waited to be read, because the process that asked was stopped: the cool-down starts when it is read. */
function unreadMs({ failedAtMs, failedBy }: VirtualAccount): number {
  const { fromMs, toMs } = failedBy?.lastStop ?? { fromMs: Infinity, toMs: -Infinity }
  return failedAtMs >= fromMs && failedAtMs <= toMs ? toMs - failedAtMs : 0
}

/** G6 and G7 when a call fails: the error says why, without a secret, and failures end with the trouble. */
export function checkFailure(world: VirtualWorld, call: PendingCall, error: unknown): void {
  const { process, account, startedAtMs, atHand, minLifeMs } = call
  const now = world.time.nowMs()
  const { code } = error as { code?: unknown }
  world.figures.failed += 1
  world.trace.add(now, process.name, `is told for ${account.name}`, String(code))
  checkLeak(world, 'an error', error)
  if (!isLingpaiError(error)) {
    world.broken('G6', `${process.name} was thrown ${String((error as { name?: unknown }).name)}, not a typed error`)
    return
  }
  if (minLifeMs > 0 && (code === 'ERR_LINGPAI_CONFIG' || code === 'ERR_LINGPAI_UNAVAILABLE')) return
  checkMarked(world, call)
  if (atHand !== undefined) {
    world.broken('G3', `${process.name} was given an error although ${atHand.name} was at hand`)
    return
  }
  const sinceMs = startedAtMs - settlesWithinMs - (code === 'ERR_LINGPAI_PLATFORM' ? rivalryMs(account) : 0)
  const isExcused =
    startedAtMs <= account.excusedUntilMs + unreadMs(account) ||
    world.weather.upstream[account.index] !== 'fine' ||
    // While a token is usable, a failed refresh ahead is not urgent.
    (minLifeMs > 0 && account.failedAtMs >= (memoryOf(process, account.index).token?.sim.issuedAtMs ?? Infinity)) ||
    account.hurtAtMs >= startedAtMs - duelMs ||
    process.troubleAtMs >= sinceMs ||
    process.lastStop.toMs >= sinceMs ||
    account.lostAtMs >= sinceMs ||
    hasOtherTrouble(world, account, sinceMs) ||
    wasSetOverAnswer(call, sinceMs) ||
    // Cool-downs of a store without its own clock are read by the clock that was set, so an expired one may return.
    wasClockSetBack(world, account.failedAtMs)
  if (isExcused) return
  world.broken('G6', `${process.name} was given ${String(code)} for ${account.name} although the trouble is over`)
}

/** Processes that were cut off from each other replace each other's tokens as rivals do, and wait for each other afterwards. */
function rivalryMs({ provider }: VirtualAccount): number {
  return renewalModes[provider.spec.renewal.mode].endsOld ? longestBackOffMs : 0
}

/** G2: a process that could not replace a rejected token has marked it as rejected for the others. */
function checkMarked(world: VirtualWorld, { process, account, reported }: PendingCall): void {
  const stored = storedOf(world, account)
  if (reported === undefined || stored?.token !== reported || stored.isMarked) return
  const sinceMs = world.time.nowMs() - settlesWithinMs
  const isHindered = process.troubleAtMs >= sinceMs || process.lastStop.toMs >= sinceMs || account.lostAtMs >= sinceMs
  // The holder of the lease is replacing it.
  const isBusy = (stored.lease?.untilMs ?? 0) > world.time.nowMs()
  if (isHindered || isBusy || hasOtherTrouble(world, account, sinceMs)) return
  world.broken('G2', `${process.name} could not replace ${reported.name} and left it unmarked in the store`)
}

/** If the clock was set during a request, the response looks as old as after a suspended machine: dead on arrival. */
function wasSetOverAnswer({ process, account }: PendingCall, sinceMs: number): boolean {
  return account.requests.some(
    ({ process: asking, sentAtMs, arrivedAtMs }) =>
      asking === process &&
      sentAtMs >= sinceMs &&
      process.host.jumps.some(({ atMs, byMs }) => byMs > 0 && atMs >= sentAtMs && atMs <= arrivedAtMs),
  )
}

/** The holder of the lease may be the process in trouble. */
function hasOtherTrouble(world: VirtualWorld, account: VirtualAccount, sinceMs: number): boolean {
  return account.requests
    .slice(-8)
    .some(({ process }) => !process.isAlive || process.troubleAtMs >= sinceMs || process.lastStop.toMs >= sinceMs)
}
