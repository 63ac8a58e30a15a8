import { harmlessly } from '@lingpai/core/internal'
import type { FastifyBaseLogger } from 'fastify'
import type { ServedAccount } from '../accounts/served-account.js'
import type { Caller } from '../auth/caller.js'

/**
 * How a forwarded call ended: `ok`: with the platform's response; `healed`: with its response to a second try, with another token;
 * `token-rejected`: the platform rejected the token, and the call could not be repeated or was rejected again; `failed`: without a response.
 */
export type CallOutcome = 'ok' | 'healed' | 'token-rejected' | 'failed'

/** A forwarded call. */
export interface LoggedCall {
  readonly caller: Caller
  readonly account: ServedAccount
  readonly outcome: CallOutcome
  /** From the request to the head of the response. */
  readonly seconds: number
}

/** Reports forwarded calls. */
export interface CallLog {
  /** Records a call; logs one line if its token was replaced. */
  note(call: LoggedCall): void
  /** @returns stops listening */
  on(listener: (call: LoggedCall) => void): () => void
}

/** Creates the log of forwarded calls. */
export function callLog(log: FastifyBaseLogger): CallLog {
  const listeners = new Set<(call: LoggedCall) => void>()
  return {
    note: (call) => {
      for (const listener of listeners) harmlessly(() => listener(call))
      const { caller, account, outcome } = call
      if (outcome !== 'healed') return
      const { id, name: by } = caller.key
      const { generation } = account.source.status()
      log.info({ audit: true, event: 'healed', account: account.name, generation, id, by }, `healed a call of ${by}`)
    },
    on: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
