import { verdict } from '../simulator/token-book.js'
import { mostForwardMs, wasClockSetBack } from './clock-set-back.js'
import { memoryOf, wantedLife } from './fleet-memory.js'
import { hasTwin, landsWithinMs } from './tokens-asked-together.js'
import { storedOf } from './virtual-store.js'
import { wasNeverTimed } from './was-never-timed.js'
import type { ProcessMemory, TokenRequest, TokenTruth, VirtualProcess, VirtualWorld } from './virtual-world.js'

/** A little more than the limit of a refresh: trouble that ended longer ago does not excuse a request. */
const refreshMs = 12_000
/** A record's times are those of sending the request, in whole seconds of life, so it may look older than it is by this. */
const agedByMs = 12_000
const minuteMs = 60_000
/** Sharing resumes within ten seconds after the store does; a little more than that. */
const sharedWithinMs = 12_000
/** Requests of one account in any minute, by those who share a store: three attempts, then waits of 1, 2, 4 … 60 s. */
const mostPerMinute = 24

/** G1 and G6 at the moment a token request is sent. */
export function checkRequest(world: VirtualWorld, request: TokenRequest): void {
  checkRate(world, request)
  if (request.isForced) return
  checkCoolDown(world, request)
  if (knowsGoodToken(world, request)) {
    world.broken('G1', `${request.process.name} asked upstream although it knew a good token${latest(request)}`)
  } else if (storeHeldGoodToken(world, request)) {
    const held = request.base?.name ?? 'nothing'
    world.broken('G1', `${request.process.name} asked upstream although the store held ${held}, a good token`)
  } else {
    checkShared(world, request)
    checkDouble(world, request)
  }
}

function knowsGoodToken(world: VirtualWorld, request: TokenRequest): boolean {
  const memory = memoryOf(request.process, request.account.index)
  // Without the store's time, a record cannot be interpreted; a response comes into memory once its write has succeeded or failed.
  const isLanding = memory.isOwn && request.sentAtMs - memory.learnedTrueMs <= landsWithinMs
  const isUntold = (isLanding || (!memory.isOwn && world.plan.store.hasClock)) && isTroubled(request)
  // If two tokens were requested at the same time, the process may hold the other one.
  const isTwin = memory.token !== undefined && hasTwin(memory.token)
  const issuesMs = [memory.token, request.base].map((token) => token?.sim.issuedAtMs ?? Infinity)
  const oldestMs = Math.min(...issuesMs, memory.newSinceMs)
  const isBlamed = wasClockSetBack(world, oldestMs)
  // The store has lost the token since, which may add a request: an older token may be back under a higher generation, and dead.
  const isLost = request.account.lostAtMs >= memory.toldOfTrueMs
  const isExcuse = isUntold || isTwin || isBlamed || isLost || isHeldUp(request, memory)
  return !isExcuse && whyNeeded(world, request, memory.token) === undefined
}

/** Whether the process was stopped between upstream's response and its write, and has only just gone on: its lease is over by then. */
function isHeldUp({ process, sentAtMs }: TokenRequest, { token, isOwn, learnedTrueMs }: ProcessMemory): boolean {
  if (token === undefined || token.isShared || !isOwn) return false
  const { fromMs, toMs } = process.lastStop
  const wasWriting = fromMs >= learnedTrueMs && fromMs <= learnedTrueMs + landsWithinMs
  return wasWriting && toMs >= sentAtMs - landsWithinMs
}

function storeHeldGoodToken(world: VirtualWorld, request: TokenRequest): boolean {
  const { base, account } = request
  const { token } = memoryOf(request.process, account.index)
  // After the store lost the later token, another process may have written an older one.
  const isOutdated = account.epoch > 0 && base !== undefined && base.order < (token?.order ?? 0)
  return !isOutdated && whyNeeded(world, request, base) === undefined && !isExcused(world, request)
}

/** A token fetched during an outage of the store is shared within ten seconds after it. */
function checkShared(world: VirtualWorld, request: TokenRequest): void {
  const { account, process, sentAtMs } = request
  const isCalm = (one: VirtualProcess): boolean =>
    one.troubleAtMs < sentAtMs - sharedWithinMs && one.lastStop.toMs < sentAtMs - sharedWithinMs
  const holder = world.slots.find((other) => {
    if (other === undefined || other === process || !isCalm(other) || !isCalm(process)) return false
    const { token, isOwn, learnedTrueMs, rejected, refused } = memoryOf(other, account.index)
    if (token === undefined || token.isShared || !isOwn || learnedTrueMs >= sentAtMs - sharedWithinMs) return false
    if (account.lostAtMs >= learnedTrueMs || rejected.has(token) || refused.has(token) || hasTwin(token)) return false
    // The order of the two is then unknown.
    if (wasClockSetBack(world, Math.min(token.sim.issuedAtMs, request.base?.sim.issuedAtMs ?? Infinity))) return false
    return token.order > (request.base?.order ?? 0) && whyNeeded(world, request, token) === undefined
  })
  if (holder !== undefined) world.broken('G1', `${process.name} asked upstream for what ${holder.name} has not shared`)
}

function checkDouble(world: VirtualWorld, request: TokenRequest): void {
  const { process, account, number } = request
  const other = account.requests.find((earlier) => isDouble(world, request, earlier))
  if (other === undefined) return
  const text = `${process.name} asked upstream (${number}) although ${other.process.name} had done so (${other.number}) for the same need`
  world.broken('G1', text)
}

/** Whether the store's trouble may have made the process go on without it. While a process is stopped, its time to wait stands still. */
function isTroubled({ process: { troubleAtMs, lastStop }, sentAtMs }: TokenRequest): boolean {
  const stoppedMs = Math.max(0, lastStop.toMs - Math.max(lastStop.fromMs, troubleAtMs))
  return troubleAtMs + stoppedMs >= sentAtMs - refreshMs
}

function latest({ process, account }: TokenRequest): string {
  const { token } = memoryOf(process, account.index)
  return token === undefined ? '' : `, ${token.name}`
}

/** Why a token request is justified for a process that knows `token`; `undefined` if it is not. */
function whyNeeded(world: VirtualWorld, request: TokenRequest, token: TokenTruth | undefined): string | undefined {
  const now = world.time.nowMs()
  if (token === undefined) return 'no token'
  const { process, account } = request
  const memory = memoryOf(process, account.index)
  if (token.isReported || storedOf(world, account)?.isMarked === true) return 'refused'
  if (token === memory.token && memory.isMarked) return 'refused'
  const { attemptsAtSeconds } = account.provider.spec.renewal
  const firstMs = (attemptsAtSeconds[0] ?? 0) * 1000
  const leftMs = (token === memory.token ? memory.expiresAtMs : token.knownExpiresAtMs) - now
  if (leftMs <= Math.min(firstMs, account.lifeMs / 2) + agedByMs) return 'due'
  if (wantedLife(process, account.index, now) >= leftMs - agedByMs) return 'to live longer'
  if (verdict(token.sim, now) === 'expired') return 'expired'
  if (wasNeverTimed(token)) return 'its life cannot be told'
  const readableMs = Math.min(token.sim.issuedAtMs, token === memory.token ? memory.newSinceMs : Infinity)
  return hasJumped(world, process, readableMs) ? 'the clock jumped' : undefined
}

/** Whether the wall clock of the process, or of a store without its own clock, has been set since. */
function hasJumped(world: VirtualWorld, process: VirtualProcess, sinceMs: number): boolean {
  const hosts = world.plan.store.hasClock ? [process.host] : world.hosts
  return hosts.some(({ jumps }) => jumps.some(({ atMs }) => atMs >= sinceMs - refreshMs))
}

/** G1's own exceptions, and a store that cannot be reached (G6). */
function isExcused(world: VirtualWorld, { process, account, sentAtMs, base }: TokenRequest): boolean {
  const sinceMs = sentAtMs - refreshMs
  const stored = storedOf(world, account)
  const isMakeshift = stored?.token === base && stored?.how === 'makeshift' && stored.writtenAtMs >= sinceMs
  const isExcuse =
    wasStopped(process, sinceMs) || process.troubleAtMs >= sinceMs || account.lostAtMs >= sinceMs || isMakeshift
  if (isExcuse) world.figures.excused += 1
  return isExcuse
}

function wasStopped({ lastStop }: VirtualProcess, sinceMs: number): boolean {
  return lastStop.toMs >= sinceMs
}

/** Whether an earlier request served the same need, and nothing explains why it was not sufficient. */
function isDouble(world: VirtualWorld, request: TokenRequest, earlier: TokenRequest): boolean {
  const { account, base, epoch, process, sentAtMs } = request
  if (earlier.base !== base || (base === undefined && earlier.epoch !== epoch)) return false
  if (earlier.isForced || earlier.outcome === 'failed' || earlier.outcome === 'lost' || earlier.outcome === 'same')
    return false
  const sinceMs = earlier.sentAtMs - refreshMs
  const isLost = account.lostAtMs >= sinceMs
  const isHindered = [earlier.process, process].some(
    (one) => !one.isAlive || wasStopped(one, sinceMs) || one.troubleAtMs >= sinceMs,
  )
  // A token that a rival or the platform killed meanwhile is another need.
  const isRefused = earlier.brought?.isReported === true
  // If the clock was set during the request, the response looks as old as after a suspended machine: dead on arrival.
  const isOld =
    mostForwardMs(earlier.process.host, earlier.sentAtMs, earlier.arrivedAtMs + landsWithinMs) >=
    earlier.broughtExpiresAtMs - earlier.sentAtMs
  const isLate = earlier.outcome === 'pending' && sentAtMs - earlier.sentAtMs >= 8000
  if (!isLost && !isHindered && !isRefused && !isLate && !isOld && !isOverwritten(world, request, earlier)) return true
  if (earlier.process !== process || earlier.brought?.isKnown !== true) world.figures.excused += 1
  return false
}

/** Whether a process that was cut off wrote the older token over the one that `earlier` brought, because a clock had been set back. */
function isOverwritten(world: VirtualWorld, { account, base }: TokenRequest, earlier: TokenRequest): boolean {
  const stored = storedOf(world, account)
  const isBack = stored !== undefined && stored.token === base && stored.writtenAtMs > earlier.arrivedAtMs
  return isBack && wasClockSetBack(world, earlier.sentAtMs)
}

function checkRate(world: VirtualWorld, { account, process, sentAtMs }: TokenRequest): void {
  const recent = account.requests.filter((earlier) => earlier.sentAtMs > sentAtMs - minuteMs)
  const forced = recent.filter(({ isForced }) => isForced).length
  const isSplit =
    world.weather.storeTroubleAtMs >= sentAtMs - 2 * minuteMs || account.lostAtMs >= sentAtMs - 2 * minuteMs
  const asking = new Set([process, ...recent.map((earlier) => earlier.process)])
  const groups = isSplit
    ? asking.size
    : 1 + [...asking].filter((one) => !one.isAlive || wasStopped(one, sentAtMs - 2 * minuteMs)).length
  // Each change of a clock may bring the next attempt of every process forward.
  const changes = world.hosts.flatMap(({ jumps }) => jumps.filter(({ atMs }) => atMs > sentAtMs - minuteMs)).length
  if (recent.length - forced >= mostPerMinute * groups + changes * asking.size) {
    world.broken('G6', `${recent.length + 1} token requests for ${account.name} within a minute`)
  }
}

/** All processes that share the store share the cool-down, once one of them has learned it. */
function checkCoolDown(world: VirtualWorld, { account, process, sentAtMs }: TokenRequest): void {
  const { coolUntilMs, cooledAtMs, cooledBy } = account
  if (cooledBy === undefined || sentAtMs >= coolUntilMs || sentAtMs < cooledAtMs) return
  const sinceMs = cooledAtMs - refreshMs
  const isHindered = [process, cooledBy].some(
    (one) => !one.isAlive || wasStopped(one, sinceMs) || one.troubleAtMs >= sinceMs,
  )
  if (isHindered || account.lostAtMs >= sinceMs || hasJumped(world, process, sinceMs)) return
  if (process.host.sleptMs > 0 || cooledBy.host.sleptMs > 0) return
  world.broken('G6', `${process.name} asked upstream while ${cooledBy.name} had been told to back off`)
}
