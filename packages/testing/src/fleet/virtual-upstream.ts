import { renewalModes } from '@lingpai/core/internal'
import { verdict } from '../simulator/token-book.js'
import { checkRequest } from './check-requests.js'
import { askedNow, learnFromUpstream } from './fleet-memory.js'
import { fleetCodes } from './fleet-platforms.js'
import { storedOf } from './virtual-store.js'
import type {
  TokenRequest,
  TokenTruth,
  UpstreamWeather,
  VirtualAccount,
  VirtualProcess,
  VirtualWorld,
} from './virtual-world.js'

/** A response on its way. */
export interface VirtualReply {
  readonly status: number
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

/** The result of a request: a delayed response, a broken connection, or nothing. */
export interface Delivery {
  readonly afterMs: number
  readonly reply: VirtualReply | undefined
  readonly isReset: boolean
}

/** What a throttled response says in `Retry-After`. */
export const throttledSeconds = 30

/** Weathers in which the platform does its work although no token is returned. */
const doneAnyway = new Set<UpstreamWeather>(['mute', 'reset', 'status-after'])
/** Weathers in which the connection is never made. */
const neverThere = new Set<UpstreamWeather>(['refusing', 'silent'])

/** Records and checks a token request when a process sends it. */
export function noteRequest(world: VirtualWorld, process: VirtualProcess, account: VirtualAccount): TokenRequest {
  const memory = process.memory[account.index]
  const request: TokenRequest = {
    number: account.requests.length + 1,
    process,
    account,
    sentAtMs: world.time.nowMs(),
    asked: askedNow(world, process),
    base: storedOf(world, account)?.token,
    epoch: account.epoch,
    isForced: (memory?.forced ?? 0) > 0,
    arrivedAtMs: Infinity,
    outcome: 'pending',
    brought: undefined,
    broughtExpiresAtMs: 0,
  }
  world.figures.requests += 1
  world.trace.add(request.sentAtMs, process.name, `asks upstream for ${account.name}`, request.number)
  checkRequest(world, request)
  account.requests.push(request)
  return request
}

/** Handles a request when it arrives at the token endpoint. */
export function answerRequest(world: VirtualWorld, request: TokenRequest, weather: UpstreamWeather): Delivery {
  const { account } = request
  const { random } = world
  const quickMs = random.between(5, 200)
  if (weather === 'fine' || weather === 'slow' || doneAnyway.has(weather)) {
    account.asking = request
    const { token, isNew, leftMs } = account.book.ask()
    account.asking = undefined
    const truth = world.tokens.get(token.value)
    if (truth !== undefined && isNew) world.figures.tokens += 1
    world.trace.add(world.time.nowMs(), 'up', isNew ? 'mints' : 'repeats', truth?.name ?? '?')
    if (doneAnyway.has(weather)) return failed(world, request, weather)
    request.outcome = truth?.isKnown === true ? 'same' : 'new'
    request.brought = truth
    if (truth?.isReported === true) account.hurtAtMs = world.time.nowMs()
    request.broughtExpiresAtMs = token.expiresAtMs
    const reply = body({ access_token: token.value, expires_in: Math.floor(leftMs / 1000) })
    return { afterMs: weather === 'slow' ? random.between(2000, 11_000) : quickMs, reply, isReset: false }
  }
  return failed(world, request, weather)
}

function failed(world: VirtualWorld, request: TokenRequest, weather: UpstreamWeather): Delivery {
  request.outcome = neverThere.has(weather) || weather === 'mute' ? 'lost' : 'failed'
  world.trace.add(world.time.nowMs(), 'up', 'fails a request', weather)
  return {
    afterMs: weather === 'mute' ? Infinity : world.random.between(5, 200),
    reply: replyIn(weather, request),
    isReset: weather === 'reset',
  }
}

function replyIn(weather: UpstreamWeather, { account, process }: TokenRequest): VirtualReply | undefined {
  const { credentials, index } = account
  // Platforms and proxies quote what they received.
  const quoted = `${credentials.secret} ${process.memory[index]?.token?.sim.value ?? ''}`
  switch (weather) {
    case 'status':
    case 'status-after':
      return { status: 502, text: `<html>bad gateway ${quoted}</html>` }
    case 'html':
      return { status: 200, text: `<html>please log in ${quoted}</html>` }
    case 'no-token':
      return body({ access_token: '', expires_in: 7200 })
    case 'no-life':
      return body({ access_token: `simtok-none-${credentials.app}`, expires_in: 0 })
    case 'throttled':
      return { status: 429, text: 'slow down', headers: { 'retry-after': String(throttledSeconds) } }
    case 'limited':
      return body({ errcode: fleetCodes.rateLimited, errmsg: `api minute-quota reached, secret=${quoted}` })
    case 'bad-secret':
      return body({ errcode: fleetCodes.badSecret, errmsg: `invalid secret ${quoted}` })
    case 'busy':
      return body({ errcode: fleetCodes.busy, errmsg: 'system error' })
    default:
      return undefined
  }
}

/** The API's verdict on a token when a call arrives; an API may be wrong. */
export function apiVerdict(world: VirtualWorld, token: TokenTruth, mayErr: boolean): number | undefined {
  const now = world.time.nowMs()
  const why = verdict(token.sim, now)
  if (why !== undefined) return why === 'expired' ? fleetCodes.expired : fleetCodes.invalid
  if (!mayErr || !world.random.chance(world.weather.apiErrs)) return undefined
  token.account.hurtAtMs = now
  world.trace.add(now, 'up', 'wrongly refuses', token.name)
  return fleetCodes.invalid
}

/** Records that a successful response reached the process. */
export function noteArrival(world: VirtualWorld, request: TokenRequest): void {
  const { process, brought, broughtExpiresAtMs, asked, sentAtMs } = request
  request.arrivedAtMs = world.time.nowMs()
  if (brought === undefined) return
  // A clock that is set forward meanwhile makes the response look older than it is.
  const { clock } = process
  const agedMs = Math.max(clock.now() - asked.wallMs, clock.monotonic() - asked.monotonicMs)
  const expiresAtMs = broughtExpiresAtMs - Math.max(0, agedMs - (world.time.nowMs() - sentAtMs))
  const { isKnown } = brought
  if (isKnown) {
    brought.repeats += 1
    world.figures.repeats += 1
  }
  brought.isKnown = true
  // A success ends the cool-down for all.
  brought.account.cooledBy = undefined
  const isLonger = renewalModes[brought.account.provider.spec.renewal.mode].prolongs
  brought.knownExpiresAtMs = isKnown && !isLonger ? Math.min(brought.knownExpiresAtMs, expiresAtMs) : expiresAtMs
  learnFromUpstream(world, process, brought, asked)
}

/** A JSON response. */
export function body(fields: Readonly<Record<string, unknown>>): VirtualReply {
  return { status: 200, text: JSON.stringify(fields), headers: { 'content-type': 'application/json' } }
}
