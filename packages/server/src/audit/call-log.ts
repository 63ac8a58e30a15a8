import { harmlessly } from '@lingpai/core/internal'
import type { FastifyBaseLogger } from 'fastify'
import { CallCounts } from './call-counts.js'
import type { LoggedCall } from './logged-call.js'

/** Reports forwarded calls. */
export interface CallLog {
  /** How the calls ended since the start. */
  readonly counts: Pick<CallCounts, 'all'>
  /** Records a call; logs one line if its token was replaced. */
  note(call: LoggedCall): void
  /** @returns stops listening */
  on(listener: (call: LoggedCall) => void): () => void
}

/** Creates the log of forwarded calls. */
export function callLog(log: FastifyBaseLogger): CallLog {
  const counts = new CallCounts()
  const listeners = new Set<(call: LoggedCall) => void>()
  return {
    counts,
    note: (call) => {
      counts.add(call)
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
