import type { SimAccount } from '../sim-account.js'

/** A sent event. */
export interface SentEvent {
  readonly s: number
  readonly t: string
  readonly d: unknown
  /** Absent for READY and RESUMED. */
  readonly id?: string
}

/** A session of a bot, which outlives its connection for the resume window. */
export interface GatewaySession {
  readonly id: string
  readonly account: SimAccount
  readonly intents: number
  readonly shard: readonly [index: number, count: number]
  /** The last assigned sequence number. */
  readonly seq: number
  /** Platform time at which its connection was lost; `undefined` while connected. */
  detachedAtMs: number | undefined
  /** Assigns the next number. An event with an id is stored for a resume; READY and RESUMED are not. */
  record(event: Omit<SentEvent, 's'>): SentEvent
  /** Returns the events after `seq`; `undefined` if they are no longer stored. */
  missedSince(seq: number, overlap: number): readonly SentEvent[] | undefined
}

/** How a session starts. */
export type SessionFacts = Pick<GatewaySession, 'id' | 'account' | 'intents' | 'shard'>

/** Creates a session without events. */
export function gatewaySession(facts: SessionFacts, keptEvents: () => number): GatewaySession {
  let kept: SentEvent[] = []
  let forgottenUpTo = 0
  let seq = 0
  const keep = (event: SentEvent): void => {
    kept.push(event)
    const most = keptEvents()
    // Not for each event: truncating a long list costs as much as copying it.
    if (kept.length < 2 * most + 100) return
    forgottenUpTo = kept[kept.length - most - 1]?.s ?? 0
    kept = kept.slice(kept.length - most)
  }
  return {
    ...facts,
    detachedAtMs: undefined,
    get seq() {
      return seq
    },
    record: (event) => {
      const sent = { ...event, s: ++seq }
      if (event.id !== undefined) keep(sent)
      return sent
    },
    missedSince: (seen, overlap) => {
      if (seen < forgottenUpTo || kept.filter(({ s }) => s > seen).length > keptEvents()) return undefined
      return kept.filter(({ s }) => s > seen - overlap)
    },
  }
}
