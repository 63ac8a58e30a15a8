import type { TokenSource } from '@lingpai/core'
import type { KeptEvent } from './timeline-event.js'

/** What somebody does that can make a source ask upstream. */
export type Act = 'token' | 'rejection' | 'refresh'

/** Who is behind what happens to the accounts. */
export interface Actors {
  /** Runs `work`; what the source does over it is put down to `name`. */
  readonly actAs: <T>(name: string, source: TokenSource, act: Act, work: () => Promise<T>) => Promise<T>
  /** Who caused an event: the first who waits for such a thing, else the keeper. */
  readonly causeOf: (source: TokenSource, event: Pick<KeptEvent, 'event' | 'reason'>) => string | undefined
}

interface Actor {
  readonly name: string
  readonly act: Act
}

/**
 * Keeps who waits for which source. An `AsyncLocalStorage` would know it to the letter, and would make every request of the process
 * slower by a tenth for the sake of a refresh every other hour.
 */
export function actors(): Actors {
  const waiting = new Map<TokenSource, Actor[]>()
  return {
    actAs: async (name, source, act, work) => {
      // Who asks while a refresh is under way has not caused it.
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
      return source.status().isKept ? 'keeper' : undefined
    },
  }
}

function actsFor({ event, reason }: Pick<KeptEvent, 'event' | 'reason'>): readonly Act[] {
  if (event === 'rejected') return ['rejection']
  if (reason === 'requested') return ['refresh']
  if (reason === 'rejected') return ['rejection', 'token']
  return reason === 'cold' ? ['token', 'rejection'] : []
}
