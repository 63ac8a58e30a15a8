import { randomBytes } from 'node:crypto'
import { ConfigError } from '@lingpai/core'
import { findAccount, type AccountData, type AccountRef } from './accounts.js'
import type { GatewayBook } from './gateway/gateway-book.js'
import { platformKinds } from './platform-kinds.js'
import type { HeldToken, PlatformDesk, PlatformKind, SimPlatform } from './platform.js'
import type { PlatformName } from './platform-name.js'
import type { PlatformTime } from './platform-time.js'
import { quota } from './quota.js'
import { checkedSettings, type AccountSettings, type SimAccount } from './sim-account.js'
import { tokenBook, type BookRules, type Issue, type SimToken, type TokenBook } from './token-book.js'

/** Prefix of every token and ticket, so that a search for leaks finds them. */
const tokenPrefix = 'simtok_'

/** Maximum number of remembered tokens; the oldest are dropped and then `unknown`. */
const mostTokens = 100_000

/** Which tokens to revoke, and how. */
export interface RevokeOptions {
  /** Whether the token endpoint still returns the dead token, while its rules repeat it. @default false */
  readonly sticky?: boolean
}

/** Options of `mint`. */
export interface MintOptions {
  /** WeChat: `token` or `stable`. @default the platform's first kind: `token` for WeChat, the only one of the others */
  readonly kind?: string
  /** Whether to create a token even if the platform would repeat the old one; WeChat's `stable` (as with `force_refresh`) always does. @default false */
  readonly force?: boolean
}

/** Changes by `Simulator.change`; absent members stay unchanged. */
export interface AccountChanges extends AccountSettings {
  /** A new secret; the old one is invalid from now on. */
  readonly secret?: string
}

/** The platforms with their accounts and tokens, without HTTP. */
export interface World {
  readonly accounts: readonly SimAccount[]
  readonly platforms: ReadonlyMap<PlatformName, SimPlatform>
  account(ref: AccountRef): SimAccount
  /** Number of token requests in progress, per account. */
  readonly inFlight: Map<SimAccount, number>
  /** @param target a token, or an account for all its tokens */
  revoke(target: AccountRef, options?: RevokeOptions): void
  mint(ref: AccountRef, options?: MintOptions): Issue
  change(ref: AccountRef, changes: AccountChanges): void
  /** Pushes a new value of a credential. @returns the event */
  push(ref: AccountRef): object
}

/** Creates the platforms for the accounts. */
export function world(data: readonly AccountData[], time: PlatformTime, gateway: GatewayBook): World {
  const tokens = new Map<string, HeldToken>()
  const inFlight = new Map<SimAccount, number>()
  const remember = (held: HeldToken): void => {
    tokens.set(held.token.value, held)
    if (tokens.size > mostTokens) tokens.delete(tokens.keys().next().value ?? '')
  }
  const accounts = data.map((given) => openAccount(given, time, remember))
  const account = (ref: AccountRef): SimAccount => findAccount(accounts, ref)
  const shared = { time, gateway, inFlight: (one: SimAccount) => inFlight.get(one) ?? 0, push }
  const platforms = Object.values(platformKinds).map(
    (kind) => [kind.name, kind.open({ ...shared, ...deskOf(kind, accounts, tokens, time) })] as const,
  )
  return {
    accounts,
    platforms: new Map(platforms),
    account,
    inFlight,
    revoke: (target, { sticky = false } = {}) => {
      if (typeof target === 'string' && target.startsWith(tokenPrefix)) {
        const held = tokens.get(target)
        if (held === undefined)
          throw new ConfigError('simulator: no such token', { field: 'token', problem: 'unknown' })
        held.account.books.get(held.kind)?.revoke({ only: held.token, sticky })
      } else for (const book of account(target).books.values()) book.revoke({ sticky })
    },
    mint: (ref, options) => mint(account(ref), options),
    change: (ref, { secret, ...settings }) => {
      const changed = account(ref)
      changed.settings = { ...changed.settings, ...checkedSettings({ ...settings }) }
      if (secret !== undefined) changed.secret = secret
    },
    push: (ref) => push(account(ref)),
  }
}

function openAccount(given: AccountData, time: PlatformTime, remember: (held: HeldToken) => void): SimAccount {
  const { tokens, tickets = {} } = platformKinds[given.platform]
  const openBook = (kind: string, rules: () => BookRules, onIssue: (token: SimToken) => void = forget): TokenBook => {
    let serial = 0
    return tokenBook({
      rules,
      nowMs: time.nowMs,
      leastLifeMs: time.scale === 1 ? 1000 : time.scale,
      mint: () => ({
        value: `${tokenPrefix}${given.platform}_${randomBytes(rules().tokenBytes ?? 72).toString('base64url')}`,
        id: `${given.id}/${kind}#${++serial}`,
      }),
      onIssue,
    })
  }
  const openTokens = (kind: string, rules: BookRules): TokenBook => {
    const book = openBook(
      kind,
      () => rulesOf(rules, account.settings),
      (token) => {
        remember({ account, token, kind })
      },
    )
    books.set(kind, book)
    return book
  }
  const ticketBooks = Object.entries(tickets).map(([kind, rules]) => [kind, openBook(kind, () => rules)] as const)
  const books = new Map<string, TokenBook>()
  const bookOf = (kind: string, part: string): TokenBook => {
    const rules = tokens[kind]
    if (rules === undefined) throw new ConfigError(`simulator: ${given.platform} has no token of kind ${kind}`)
    return books.get(`${kind}:${part}`) ?? openTokens(`${kind}:${part}`, rules)
  }
  const account: SimAccount = { ...given, books, bookOf, tickets: new Map(ticketBooks) }
  for (const [kind, rules] of Object.entries(tokens)) openTokens(kind, rules)
  return account
}

/** A ticket does not authorize API calls, so it is never looked up. */
function forget(): void {
  // Nothing to do.
}

function rulesOf(rules: BookRules, { lifeSeconds, windowSeconds, overlapSeconds }: AccountSettings): BookRules {
  return {
    ...rules,
    ...(lifeSeconds !== undefined && { lifeSeconds }),
    ...(windowSeconds !== undefined && { windowSeconds }),
    ...(overlapSeconds !== undefined && { overlapSeconds }),
  }
}

function deskOf(
  { name }: PlatformKind,
  accounts: readonly SimAccount[],
  tokens: ReadonlyMap<string, HeldToken>,
  time: PlatformTime,
): Omit<PlatformDesk, 'time' | 'gateway' | 'inFlight' | 'push'> {
  return {
    quota: quota(time.nowMs),
    accounts: accounts.filter(({ platform }) => platform === name),
    find: (value) => {
      const held = tokens.get(value)
      return held?.account.platform === name ? held : undefined
    },
    traceId: () => [4, 4, 4].map((bytes) => randomBytes(bytes).toString('hex')).join('-'),
  }
}

/** @throws ConfigError for a platform that pushes nothing */
function push(account: SimAccount): object {
  const { pushed } = platformKinds[account.platform] as PlatformKind
  if (pushed === undefined) {
    throw new ConfigError(`simulator: ${account.platform} pushes nothing`, { field: 'account', problem: 'unknown' })
  }
  const value = `${tokenPrefix}${account.platform}_pushed_${randomBytes(24).toString('base64url')}`
  account.pushed = value
  const event = pushed(account, value)
  const { pushUrl } = account.settings
  if (pushUrl !== undefined) deliverEvent(pushUrl, event)
  return event
}

/** A receiver that is down misses the event, as at the platform. */
function deliverEvent(url: string, event: object): void {
  const headers = { 'content-type': 'application/json' }
  fetch(url, { method: 'POST', headers, body: JSON.stringify(event) })
    .then((response) => response.arrayBuffer())
    .catch(forget)
}

function mint(account: SimAccount, { kind, force = false }: MintOptions = {}): Issue {
  const [first = ''] = account.books.keys()
  const wanted = kind ?? first
  const book = account.books.get(wanted)
  if (book === undefined) {
    throw new ConfigError(`simulator: ${account.id} has no token of kind ${wanted}`, {
      field: 'kind',
      problem: 'unknown',
    })
  }
  return force || wanted === 'stable' ? book.rotate() : book.ask()
}
