import type { TokenSource } from '@lingpai/core'
import type { StoredEvent } from '../audit/timeline-event.js'

/** A caller's action that can make a source send a request upstream. */
export type Act = 'token' | 'rejection' | 'refresh'

/** Finds out which caller caused an event of an account. */
export interface Actors {
  /** Runs `work` and attributes the events that it causes to `name`. */
  readonly actAs: <T>(name: string, source: TokenSource, act: Act, work: () => Promise<T>) => Promise<T>
  /** Names the cause of an event: the first caller that waits for such an event, otherwise the background refresh. */
  readonly causeOf: (source: TokenSource, event: Pick<StoredEvent, 'event' | 'reason'>) => string | undefined
}

interface Actor {
  readonly name: string
  readonly act: Act
}

/**
 * Tracks which caller waits for which source. An `AsyncLocalStorage` would be exact, but would slow down every request of the process
 * by a tenth.
 */
export function actors(): Actors {
  const waiting = new Map<TokenSource, Actor[]>()
  return {
    actAs: async (name, source, act, work) => {
      // A caller that joins a running refresh has not caused it.
      if (act === 'token' && source.status().state === 'refreshing') return work()
      const actor = { name, act }
      const list = waiting.get(source) ?? []
      waiting.set(source, list)
      list.push(actor)
      try {
        return await work()
      } finally {
        list.splice(list.indexOf(actor), 1)
        if (list.length === 0) waiting.delete(source)
      }
    },
    causeOf: (source, event) => {
      const list = waiting.get(source) ?? []
      for (const act of actsFor(event)) {
        const actor = list.find((candidate) => candidate.act === act)
        if (actor !== undefined) return actor.name
      }
      return source.status().hasBackgroundRefresh ? 'background-refresh' : undefined
    },
  }
}

function actsFor({ event, reason }: Pick<StoredEvent, 'event' | 'reason'>): readonly Act[] {
  if (event === 'rejected') return ['rejection']
  if (reason === 'requested') return ['refresh']
  if (reason === 'rejected') return ['rejection', 'token']
  return reason === 'cold' ? ['token', 'rejection'] : []
}
