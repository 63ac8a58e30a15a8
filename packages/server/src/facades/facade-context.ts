import type { TokenRecord } from '@lingpai/core'
import { renewalModes } from '@lingpai/core/internal'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { accountIndex } from '../accounts/account-index.js'
import type { Caller } from '../auth/caller.js'
import type { ServedAccount } from '../accounts/served-account.js'
import type { ServerContext } from '../server-context.js'
import type { FacadePlatform } from './facade-platform.js'
import { parseFacadeSecret } from './facade-secret.js'
import { handOuts } from './hand-outs.js'
import { attributed } from '../forward/attributed.js'
import { isCredential } from '../forward/find-credential.js'
import { identify } from '../forward/identify-call.js'
import { mayCall } from '../forward/call-target.js'
import { reportedSeconds } from '../forward/surrogate.js'
import { isApiError } from '../http/api-error.js'
import type { ClientKey } from '../keys/client-key.js'
import { FacadeError } from './facade-error.js'
import { PlatformCall } from './platform-call.js'
import { knownTokens, type KnownToken } from './known-tokens.js'
import { pickAccount, type WantedAccount } from './pick-account.js'
import { tokenCheck } from './token-check.js'
import { reportedLifeSeconds } from './reported-life.js'

/** A token request, as every platform's facade reads it. */
export interface FacadeTokenRequest extends Omit<WantedAccount, 'name'> {
  /** What the client sends as the secret: a client key, with the account's name if the ids alone are ambiguous. */
  readonly secret: string
  /** Whether the client reports that its token does not work. */
  readonly isForced?: boolean
}

/** A token that a facade hands out. */
export interface HandedOut {
  readonly value: string
  /** At least 1. */
  readonly expiresInSeconds: number
}

/** The account of a token that a request carries. */
export interface FoundToken extends KnownToken {
  /** The call for the platform, if this server may send it on. */
  readonly forwardable?: PlatformCall
}

/** What the facades of one server share. */
export interface FacadeContext {
  /**
   * Finds the account of a token or surrogate that this server handed out, for requests that carry nothing else. With the forwarder, a client
   * key can stand in its place.
   *
   * @throws FacadeError if the client may not call the path of the request, ApiError 429 beyond the limit of its key
   */
  accountOf(request: FastifyRequest, platform: FacadePlatform, token: string): Promise<FoundToken | undefined>
  /** Sends a call on to the platform and responds to it. */
  forward(call: PlatformCall, request: FastifyRequest, reply: FastifyReply): Promise<void>
  /** Returns the whole seconds until a time, at least 1. */
  secondsUntil(atMs: number): number
  /** Authenticates a request with a client key and picks its account. @throws FacadeError or ApiError, also for a key that may not call the path */
  account(
    request: FastifyRequest,
    platform: FacadePlatform,
    wanted: FacadeTokenRequest,
  ): { readonly account: ServedAccount; readonly caller: Caller }
  /**
   * Returns a token for a client. A facade client cannot say which token was rejected, so when a client comes back for the generation
   * that it should still have, the server checks that token first.
   *
   * @throws FacadeError, ApiError, or the error of the source
   */
  token(request: FastifyRequest, platform: FacadePlatform, wanted: FacadeTokenRequest): Promise<HandedOut>
  close(): void
}

/** Creates the shared part of the facades. */
export function facadeContext(context: ServerContext): FacadeContext {
  const { accounts, actAs, clock, time } = context
  const handed = handOuts(context)
  const checks = tokenCheck(clock)
  const accountsOf = accountIndex(accounts, ({ source }) => Object.values(source.account.ids))
  const known = knownTokens(accounts, context.feed, time)

  const handOut = async (account: ServedAccount, caller: Caller, isForced: boolean): Promise<HandedOut> => {
    const { id, name } = caller.key
    const { source, provider, minLifeSeconds } = account
    const getRecord = (): Promise<TokenRecord> => actAs(name, source, 'token', () => recordOf(account))
    // Read before the wait: of many clients that arrive at once without a token, none has received one yet.
    const handedBefore = handed.last(account, id)
    let record = await getRecord()
    const last = await handedBefore
    // A forced refresh by a client with an older token only needs the current one.
    if (last?.generation === record.generation || (isForced && last === undefined)) {
      await actAs(name, source, 'rejection', () => checks.check(account, { client: id, ...last }))
      record = await getRecord()
    }
    const leftMs = record.expiresAtMs - time.nowMs()
    const { refreshAtMs = Infinity } = source.status()
    const expiresInSeconds = reportedLifeSeconds(
      leftMs,
      refreshAtMs - clock.now(),
      provider.spec.renewal,
      minLifeSeconds,
    )
    const { generation } = record
    context.access.handedOut(caller, account, generation)
    handed.note(account, id, { generation, reportedSeconds: expiresInSeconds, probes: checks.begun(account) })
    known.note(account)
    return { value: record.value, expiresInSeconds }
  }

  /** The source is asked too, so that its errors reach the client here. The forwarder sees by itself which tokens are rejected. */
  const surrogateFor = async (account: ServedAccount, { key }: Caller): Promise<HandedOut | undefined> => {
    if (context.surrogates === undefined) return undefined
    const surrogates = await context.surrogates()
    await attributed(actAs, key.name, account.source).getAccessToken()
    return { value: surrogates.issue(key, account.name), expiresInSeconds: reportedSeconds }
  }

  const assertPath = ({ paths }: ClientKey, { url }: FastifyRequest, platform: FacadePlatform): void => {
    const [path = ''] = url.split('?', 1)
    if (!mayCall(paths, path)) throw new FacadeError(platform.notServed, 'this key may not call this path')
  }

  const pick: FacadeContext['account'] = (request, platform, { secret, ids, kinds }) => {
    const { key, name } = parseFacadeSecret(secret)
    const caller = context.authenticateKey(key, request)
    const [id = ''] = Object.values(ids)
    return { account: pickAccount(accountsOf(id), caller, platform, { ids, kinds, name }), caller }
  }

  return {
    accountOf: async (request, platform, token) => {
      if (context.surrogates === undefined || !isCredential(token)) return known.find(token)
      const found = await identify(context, request, token).catch(unlessStranger)
      if (found === undefined) return undefined
      assertPath(found.caller.key, request, platform)
      // The body of another call has been read by now.
      const isForwardable = context.forward !== undefined && request.method === 'GET'
      return { account: found.account, isAlive: true, ...(isForwardable && { forwardable: new PlatformCall(found) }) }
    },
    forward: async ({ identity }, request, reply) => context.forward?.(request, reply, identity),
    close: () => {
      known.close()
    },
    secondsUntil: (atMs) => Math.max(1, Math.floor((atMs - time.nowMs()) / 1000)),
    account: (request, platform, wanted) => {
      const picked = pick(request, platform, wanted)
      assertPath(picked.caller.key, request, platform)
      return picked
    },
    token: async (request, platform, wanted) => {
      const { account, caller } = pick(request, platform, wanted)
      const surrogate = await surrogateFor(account, caller)
      if (surrogate !== undefined) return surrogate
      if (!caller.mayHold(account.name))
        throw new FacadeError(platform.notServed, 'this key is for forwarded calls only, and this server forwards none')
      return handOut(account, caller, wanted.isForced ?? false)
    },
  }
}

/** @throws the error, unless it says that the token stands for no account that its client may read */
function unlessStranger(error: unknown): undefined {
  if (isApiError(error) && ['ERR_UNAUTHENTICATED', 'ERR_NOT_FOUND', 'ERR_BAD_REQUEST'].includes(error.code))
    return undefined
  throw error
}

/** Returns a record with the lifetime that the account's clients need, if the platform gives one. */
async function recordOf({ source, provider, minLifeSeconds = 0 }: ServedAccount): Promise<TokenRecord> {
  if (minLifeSeconds > 0 && !renewalModes[provider.spec.renewal.mode].repeats) {
    const record = await source.getRecord({ minLifeMs: minLifeSeconds * 1000 }).catch(() => undefined)
    if (record !== undefined) return record
  }
  // A shorter lifetime is better than no token.
  return source.getRecord()
}
