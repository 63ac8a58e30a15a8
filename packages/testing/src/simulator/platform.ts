import type { IncomingHttpHeaders } from 'node:http'
import type { PlatformCode } from '@lingpai/core'
import type { GatewayBook } from './gateway/gateway-book.js'
import type { PlatformName } from './platform-name.js'
import type { PlatformTime } from './platform-time.js'
import type { Quota } from './quota.js'
import type { SimAccount } from './sim-account.js'
import type { BookRules, DeadKind, SimToken } from './token-book.js'

/** A request as a platform receives it. */
export interface SimRequest {
  readonly method: string
  /** Below the platform's prefix. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The client address that the platform sees. */
  readonly ip: string
}

/** The endpoints of a platform: for tokens, for tickets, and all others. */
export type SimEndpoint = 'token' | 'ticket' | 'api'

/** The account of a request, found without side effects. */
export interface SimLook {
  readonly endpoint: SimEndpoint
  readonly account?: SimAccount
  /** For `ticket`: the requested kind. */
  readonly ticketKind?: string
  /** The token that a call presents, if the platform knows it. */
  readonly held?: HeldToken
  /** Whether a call presents a token. */
  readonly presents?: boolean
}

/** A response of a platform. */
export interface SimReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
  /** The platform's code; 0 on success. */
  readonly code: PlatformCode
  readonly token?: SimToken
  /** For a token or ticket endpoint: whether `token` was created for this response. */
  readonly isNew?: boolean
  /** For a call: why the presented token does not work. */
  readonly dead?: DeadKind
}

/** What a platform works with. */
export interface PlatformDesk {
  readonly time: PlatformTime
  readonly quota: Quota
  readonly accounts: readonly SimAccount[]
  /** Sessions and limits of QQ's WebSocket gateway. */
  readonly gateway: GatewayBook
  /** Returns the token with a value that was issued to an account of this platform. */
  find(value: string): HeldToken | undefined
  /** Number of the account's token requests in progress, including this one. */
  inFlight(account: SimAccount): number
  /** Returns a new trace id of hexadecimal digits and hyphens. */
  traceId(): string
  /** Pushes a new value of the credential that the platform pushes to its apps. */
  push(account: SimAccount): void
}

/** A token and its owner. */
export interface HeldToken {
  readonly account: SimAccount
  readonly token: SimToken
  /** The book that it is from, such as `tenant`. */
  readonly kind: string
}

/** One platform: paths and bodies. */
export interface SimPlatform {
  look(request: SimRequest): SimLook
  answer(request: SimRequest, look: SimLook): SimReply
}

/**
 * The properties of a platform apart from its accounts: `<name>-platform.ts` exports one as `<name>Platform`, and `npm run providers` lists
 * them in `platform-kinds.ts`.
 */
export interface PlatformKind<Field extends string = string> {
  readonly name: PlatformName
  /** Ids of its providers. */
  readonly providerIds: readonly string[]
  /** Paths below the platform's, by base URL, for hosts that differ in more than their paths. @default none */
  readonly prefixes?: Readonly<Record<string, `/${string}`>>
  /** Public fields of the credentials. */
  readonly ids: readonly Field[]
  /** Secret field of the credentials. */
  readonly secret: Field
  /** Credentials of the default account. They are not real, and the secret says so. */
  readonly demo: Readonly<Record<Field, string>>
  /** Kinds of tokens with their renewal rules; the first is the default of `mint`. */
  readonly tokens: Readonly<Record<string, BookRules>>
  /** Kinds of tickets of a token. */
  readonly tickets?: Readonly<Record<string, BookRules>>
  /** The event with a credential that the platform pushes to its apps, such as a ticket; absent if it pushes none. */
  readonly pushed?: (account: SimAccount, value: string) => object
  readonly open: (desk: PlatformDesk) => SimPlatform
}

/** Returns the JSON object in a request's body, or an empty one. */
export function jsonOf(request: SimRequest): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(request.text)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
