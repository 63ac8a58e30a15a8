import type { TokenRecord } from '@lingpai/core'
import type { FastifyRequest } from 'fastify'
import type { Caller } from '../caller.js'
import type { ServedAccount } from '../served-account.js'
import type { ServerContext } from '../server-context.js'
import type { FacadePlatform } from './facade-platform.js'
import { handOuts } from './hand-outs.js'
import { knownTokens, type KnownTokens } from './known-tokens.js'
import { pickAccount, type WantedAccount } from './pick-account.js'
import { tokenCheck } from './token-check.js'
import { toldLifeSeconds } from './told-life.js'

/** A request for a token, as every platform's facade reads it. */
export interface TokenQuestion extends Omit<WantedAccount, 'name'> {
  /** What the client sends as the secret: a client key, with the account's name beside it where the ids alone are not enough. */
  readonly secret: string
  /** The client says that its token does not work. */
  readonly isForced?: boolean
}

/** A credential as facades hand it out. */
export interface HandedOut {
  readonly value: string
  /** At least 1. */
  readonly expiresInSeconds: number
}

/** What the facades of one server share. */
export interface FacadeDesk {
  readonly known: KnownTokens
  /** Whole seconds until a moment, at least 1. */
  secondsUntil(atMs: number): number
  /** The account that a request with a client key means, and who sent it. @throws FacadeRefusal or ApiError */
  account(
    request: FastifyRequest,
    platform: FacadePlatform,
    question: TokenQuestion,
  ): { readonly account: ServedAccount; readonly caller: Caller }
  /**
   * The token for a client. A facade client cannot name a token that was refused; so one that comes back for the generation it
   * should still have makes the server try that token first.
   *
   * @throws FacadeRefusal, ApiError, or whatever the source fails with
   */
  token(request: FastifyRequest, platform: FacadePlatform, question: TokenQuestion): Promise<HandedOut>
}

/** Opens the desk. */
export function facadeDesk(context: ServerContext): FacadeDesk {
  const { accounts, actAs, clock, time } = context
  const handed = handOuts(context)
  const checks = tokenCheck(clock)
  const known = knownTokens(accounts, context.feed, time)

  const handOut = async (account: ServedAccount, caller: Caller, isForced: boolean): Promise<HandedOut> => {
    const { id, name } = caller.key
    const { source, provider, minLifeSeconds } = account
    const getRecord = (): Promise<TokenRecord> => actAs(name, source, 'token', () => recordOf(account))
    // Asked before the wait: of many who come at once, cold, none has been handed anything.
    const handedBefore = handed.last(account, id)
    let record = await getRecord()
    const last = await handedBefore
    // A forced refresh of a client that still has an older token asks for no more than the current one.
    if (last?.generation === record.generation || (isForced && last === undefined)) {
      await actAs(name, source, 'rejection', () => checks.check(account, { client: id, ...last }))
      record = await getRecord()
    }
    const leftMs = record.expiresAtMs - time.nowMs()
    const { refreshAtMs = Infinity } = source.status()
    const expiresInSeconds = toldLifeSeconds(leftMs, refreshAtMs - clock.now(), provider.spec.renewal, minLifeSeconds)
    const { generation } = record
    context.access.handedOut(caller, account, generation)
    handed.note(account, id, { generation, toldSeconds: expiresInSeconds, probes: checks.begun(account) })
    known.note(account)
    return { value: record.value, expiresInSeconds }
  }

  const account: FacadeDesk['account'] = (request, platform, { secret, ids, kinds }) => {
    const { key, name } = parseFacadeSecret(secret)
    const caller = context.authenticateKey(key, request)
    return { account: pickAccount(accounts.all(), caller, platform, { ids, kinds, name }), caller }
  }

  return {
    known,
    secondsUntil: (atMs) => Math.max(1, Math.floor((atMs - time.nowMs()) / 1000)),
    account,
    token: (request, platform, question) => {
      const { account: wanted, caller } = account(request, platform, question)
      return handOut(wanted, caller, question.isForced ?? false)
    },
  }
}

/** The record, with the life that the account's clients need where the platform gives it. */
async function recordOf({ source, provider, minLifeSeconds = 0 }: ServedAccount): Promise<TokenRecord> {
  if (minLifeSeconds > 0 && provider.spec.renewal.mode !== 'sticky') {
    const record = await source.getRecord({ minLifeMs: minLifeSeconds * 1000 }).catch(() => undefined)
    if (record !== undefined) return record
  }
  // A shorter life is better than none.
  return source.getRecord()
}

/**
 * The parts of `<key>`, `<key>@<account>` or `<account>@<key>`. The name in front serves SDKs that tell apps apart by the first
 * characters of the secret.
 */
function parseFacadeSecret(secret: string): { readonly key: string; readonly name: string | undefined } {
  const [first = '', second] = secret.split('@')
  return second?.startsWith('lpk_') === true && !first.startsWith('lpk_')
    ? { key: second, name: first }
    : { key: first, name: second }
}
