import type { IncomingHttpHeaders } from 'node:http'
import type { GatewayBook } from './gateway/gateway-book.js'
import type { PlatformName } from './platform-name.js'
import type { PlatformTime } from './platform-time.js'
import type { Quota } from './quota.js'
import type { SimAccount } from './sim-account.js'
import type { BookRules, DeadKind, SimToken } from './token-book.js'

/** A request as a platform sees it. */
export interface SimRequest {
  readonly method: string
  /** Below the platform's prefix. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The address that the platform sees. */
  readonly ip: string
}

/** The sides of a platform: where tokens are handed out, where tickets are, and everything else. */
export type SimEndpoint = 'token' | 'ticket' | 'api'

/** Whose request it is, found without doing anything. */
export interface SimLook {
  readonly endpoint: SimEndpoint
  readonly account?: SimAccount
  /** At `ticket`: which kind is asked for. */
  readonly ticketKind?: string
  /** The token that a call presents, when the platform remembers it. */
  readonly held?: HeldToken
  /** Whether a call presents any token at all. */
  readonly presents?: boolean
}

/** What a platform answers. */
export interface SimReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
  /** The platform's code; 0 where all is well. */
  readonly code: number
  readonly token?: SimToken
  /** Where tokens or tickets are handed out: whether `token` was made for this answer. */
  readonly isNew?: boolean
  /** Where tokens are presented: why the presented token does not work. */
  readonly dead?: DeadKind
}

/** What a platform works with. */
export interface PlatformDesk {
  readonly time: PlatformTime
  readonly quota: Quota
  readonly accounts: readonly SimAccount[]
  /** Sessions and limits of QQ's WebSocket gateway. */
  readonly gateway: GatewayBook
  /** The token of that value, if one of this platform's accounts was ever given it. */
  find(value: string): HeldToken | undefined
  /** Token requests of the account that are being answered right now, this one included. */
  inFlight(account: SimAccount): number
  /** A fresh trace id: hexadecimal digits and hyphens. */
  traceId(): string
}

/** A token with whose it is. */
export interface HeldToken {
  readonly account: SimAccount
  readonly token: SimToken
}

/** One platform: paths and bodies. */
export interface SimPlatform {
  look(request: SimRequest): SimLook
  answer(request: SimRequest, look: SimLook): SimReply
}

/** What is particular to a platform before any account exists. */
export interface PlatformKind {
  readonly name: PlatformName
  /** Ids of the providers that speak to it. */
  readonly providerIds: readonly string[]
  /** Kinds of tokens and how they are renewed; the first is the one that `mint` takes by default. */
  readonly tokens: Readonly<Record<string, BookRules>>
  /** Kinds of tickets that a token opens. */
  readonly tickets?: Readonly<Record<string, BookRules>>
  readonly open: (desk: PlatformDesk) => SimPlatform
}

/** The JSON object in a request's body, or an empty one. */
export function jsonOf(request: SimRequest): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(request.text)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
