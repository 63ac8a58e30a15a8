import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ServedAccount } from '../accounts/served-account.js'
import type { Caller } from '../auth/caller.js'

/** The client and the account of a call. */
export interface Identity {
  readonly caller: Caller
  readonly account: ServedAccount
}

/** Sends a call on and responds to it. @param identity its client and account, if they are known already */
export type Forward = (request: FastifyRequest, reply: FastifyReply, identity?: Identity) => Promise<void>
