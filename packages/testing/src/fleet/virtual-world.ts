import type { Clock, IAccessTokenCache, Provider, TokenManager, TokenManagerOptions, TokenSource } from '@lingpai/core'
import type { SimToken, TokenBook } from '../simulator/token-book.js'
import type { Guarantee } from './fleet-breach.js'
import type { FleetCredentials, FleetMode } from './fleet-platforms.js'
import type { FleetPlan } from './fleet-plan.js'
import type { FleetTrace } from './fleet-trace.js'
import type { RandomStream } from './random-stream.js'
import type { VirtualTime } from './virtual-time.js'

/** A machine with a wall clock of its own. */
export interface VirtualHost {
  readonly name: string
  /** How far the wall clock is ahead, in milliseconds. */
  skewMs: number
  /** How long the monotonic clock has stood still so far. */
  sleptMs: number
  asleepUntilMs: number
  readonly jumps: { readonly atMs: number; readonly byMs: number }[]
}

/** A process that runs one manager. */
export interface VirtualProcess {
  readonly name: string
  readonly slot: number
  readonly host: VirtualHost
  readonly clock: Clock
  readonly bornAtMs: number
  readonly random: RandomStream
  isAlive: boolean
  diedAtMs: number
  /** The last stop of a second or more; its end lies ahead while it lasts. Beside it, how long the clock ran over all of these. */
  lastStop: { readonly fromMs: number; readonly toMs: number; readonly stoppedMs: number }
  isFrozen: boolean
  /** The last time at which the store failed, or may have failed, to do what this process requested. */
  troubleAtMs: number
  /** Until when messages between it and the store are lost. */
  cutUntilMs: number
  /** Each time the store told it the time. */
  readonly toldTimes: ToldTime[]
  sources: readonly TokenSource[]
  /** By account. */
  readonly memory: readonly ProcessMemory[]
  /** Runs something in the process: now, after its stop, or never. */
  readonly enter: (run: () => void) => void
  readonly kill: () => void
  /** Stops the process for a time; events meanwhile are queued. */
  readonly freeze: (durationMs: number, isSleep: boolean) => void
}

/** What a process knows about an account, as an observer sees it. */
export interface ProcessMemory {
  /** The youngest token that it knows. */
  token: TokenTruth | undefined
  /** When it learned of it first, on its clocks and on the true one. */
  learnedAtMs: number
  learnedTrueMs: number
  /** The true time of this knowledge: when the store was read, or when upstream's response arrived. */
  toldOfTrueMs: number
  /** The true moment since which the store may have held it without this process knowing. */
  newSinceMs: number
  /** Whether it comes from upstream, not from the store. */
  isOwn: boolean
  /** The true expiry as it was known then. */
  expiresAtMs: number
  /** By how much the recorded life may be too long, because a clock was set unseen. */
  mayOutliveMs: number
  /** Whether the store's record is marked as rejected. */
  isMarked: boolean
  /** The true time at which the platform's probe still accepted it. */
  stoodByTrueMs: number
  /** The token that a call returned last, if nothing has been learned since. */
  served: TokenTruth | undefined
  /** When it last learned the token, on both of its clocks. */
  seenMonotonicMs: number
  /** The true time at which it last read the store. */
  readTrueMs: number
  /** Its running time when upstream last repeated the token, and the expiry that it used until then. */
  prolongedAtMs: number
  landedExpiresAtMs: number
  seenWallMs: number
  /** Tokens that its callers reported. */
  readonly rejected: Set<TokenTruth>
  /** Tokens that were rejected inside `TokenSource.fetch`. */
  readonly refused: Set<TokenTruth>
  /** Forced refreshes under way, and their requests so far. */
  forced: number
  /** The longest life that callers are waiting for. */
  wantedLifeMs: number
  wantedUntilMs: number
}

/** A token as the platform knows it. */
export interface TokenTruth {
  /** Such as `a#3`. */
  readonly name: string
  readonly account: VirtualAccount
  /** Which of the account's tokens it is, from 1. */
  readonly order: number
  readonly sim: SimToken
  /** The request that returned it; `undefined`: a rival outside the fleet. */
  readonly by: TokenRequest | undefined
  /** Whether any process's callers reported it. */
  isReported: boolean
  /** Whether it has reached a process, and the expiry known with it. */
  isKnown: boolean
  knownExpiresAtMs: number
  /** Whether it was ever written to the store. */
  isShared: boolean
  /** When the store had last lost something before the token was last written to it. */
  putBackSinceMs: number
  /** Responses that repeated it to processes that knew it. */
  repeats: number
}

/** A moment, on the clocks of a process and on the true one. */
export interface AskedAt {
  readonly trueMs: number
  readonly monotonicMs: number
  readonly wallMs: number
  /** How long the process had run by then. */
  readonly ranMs: number
}

/** The store told a process the time. */
export interface ToldTime {
  readonly atMs: number
  /** The same on the monotonic clock of the process. */
  readonly monotonicMs: number
  /** How long the response took, which is what the time may err by. */
  readonly withinMs: number
}

/** One token request that a process sent. */
export interface TokenRequest {
  readonly number: number
  readonly process: VirtualProcess
  readonly account: VirtualAccount
  readonly sentAtMs: number
  /** The same on the clocks of the process. */
  readonly asked: AskedAt
  /** The store's token when it was sent. */
  readonly base: TokenTruth | undefined
  readonly epoch: number
  readonly isForced: boolean
  /** When its response reached the process, if it did. */
  arrivedAtMs: number
  outcome: 'pending' | 'new' | 'same' | 'failed' | 'lost'
  brought: TokenTruth | undefined
  broughtExpiresAtMs: number
}

/** An app at a platform. */
export interface VirtualAccount {
  readonly index: number
  readonly name: string
  readonly mode: FleetMode
  readonly lifeMs: number
  readonly provider: Provider<FleetCredentials>
  readonly credentials: FleetCredentials
  readonly book: TokenBook
  readonly tokens: TokenTruth[]
  readonly requests: TokenRequest[]
  /** The request that is being answered. */
  asking: TokenRequest | undefined
  /** Key of its record in the store; known from the first read. */
  key: string | undefined
  /** How often the store lost something of it, and when last. */
  epoch: number
  lostAtMs: number
  /** When upstream last failed a request, whose it was, and until when errors may follow from that. */
  failedAtMs: number
  failedBy: VirtualProcess | undefined
  excusedUntilMs: number
  /** Until when all back off, and which process was told so. */
  coolUntilMs: number
  cooledAtMs: number
  cooledBy: VirtualProcess | undefined
  /** When a token was last killed from outside: by a rival, by the platform, or by an API that is wrong. */
  hurtAtMs: number
}

/** An entry of the store. Never changed, only replaced. */
export interface StoreEntry {
  readonly text: string | undefined
  readonly forgetAtMs: number
  readonly lease: { readonly holder: string; readonly untilMs: number } | undefined
  readonly token: TokenTruth | undefined
  /** The true expiry as its writer knew it. */
  readonly expiresAtMs: number
  readonly generation: number
  readonly isMarked: boolean
  /** With the lease; without it because the store gave none or its response was lost; or without such a reason. */
  readonly how: 'commit' | 'makeshift' | 'unfenced' | 'none'
  readonly writer: VirtualProcess | undefined
  readonly writtenAtMs: number
}

/** State of the store. */
export type StoreWeather = 'fine' | 'refusing' | 'silent' | 'read-only' | 'slow'

/** State of upstream. */
export type UpstreamWeather =
  | 'fine'
  | 'refusing'
  | 'silent'
  | 'mute'
  | 'reset'
  | 'slow'
  | 'status'
  | 'status-after'
  | 'html'
  | 'no-token'
  | 'no-life'
  | 'throttled'
  | 'limited'
  | 'bad-secret'
  | 'busy'

/** The current faults. */
export interface Weather {
  store: StoreWeather
  storeTroubleAtMs: number
  /** Of each message to or from the store. */
  lossChance: number
  /** By account. */
  upstream: UpstreamWeather[]
  /** How often an API rejects a good token. */
  apiErrs: number
}

/** What crosses the network from a process. */
export type Errand = 'get' | 'set' | 'remove' | 'take' | 'commit' | 'release' | 'now' | 'token' | 'api'

/** All parts of one run. */
export interface VirtualWorld {
  readonly plan: FleetPlan
  readonly startMs: number
  readonly time: VirtualTime
  readonly trace: FleetTrace
  readonly hosts: readonly VirtualHost[]
  readonly accounts: readonly VirtualAccount[]
  readonly tokens: Map<string, TokenTruth>
  /** The process of each slot; `undefined` while there is none. */
  readonly slots: (VirtualProcess | undefined)[]
  readonly entries: Map<string, StoreEntry>
  /** Delays, losses, faults. */
  readonly random: RandomStream
  readonly weather: Weather
  readonly figures: FleetFigures
  /** Triggers faults on errands. */
  onErrand: (process: VirtualProcess, errand: Errand) => void
  readonly managerOf: (options: TokenManagerOptions) => TokenManager
  readonly wrapCache: (cache: IAccessTokenCache) => IAccessTokenCache
  readonly broken: (guarantee: Guarantee, what: string) => void
}

/** Counts of a run. */
export interface FleetFigures {
  processes: number
  calls: number
  served: number
  failed: number
  requests: number
  tokens: number
  repeats: number
  rejections: number
  crashes: number
  stops: number
  storeFaults: number
  /** Requests to the store that read an entry. */
  reads: number
  /** Entries written: records, failures and rejections. */
  writes: number
  /** Leases asked for or renewed. */
  leases: number
  /** Notifications of a write that reached a process. */
  notifications: number
  /** Requests and returns excused by a fault that the guarantee names. */
  excused: number
}
