import type { SimAccount } from '../sim-account.js'

/** An event as it goes over the line. */
export interface SentEvent {
  readonly s: number
  readonly t: string
  readonly d: unknown
  /** Absent for READY and RESUMED. */
  readonly id?: string
}

/** A session of a bot: it outlives its connection for the resume window. */
export interface GatewaySession {
  readonly id: string
  readonly account: SimAccount
  readonly intents: number
  readonly shard: readonly [index: number, count: number]
  /** The last sequence number that was given out. */
  readonly seq: number
  /** Platform moment at which its connection was lost; `undefined` while it has one. */
  detachedAtMs: number | undefined
  /** Gives the event the next number; one with an id is kept for a resume, READY and RESUMED are not. */
  record(event: Omit<SentEvent, 's'>): SentEvent
  /** What a client missed who has seen `seq`; `undefined` when that is not kept any more. */
  missedSince(seq: number, overlap: number): readonly SentEvent[] | undefined
}

/** How a session starts. */
export type SessionFacts = Pick<GatewaySession, 'id' | 'account' | 'intents' | 'shard'>

/** A session that nothing was sent to. */
export function gatewaySession(facts: SessionFacts, keptEvents: () => number): GatewaySession {
  let kept: SentEvent[] = []
  let forgottenUpTo = 0
  let seq = 0
  const keep = (event: SentEvent): void => {
    kept.push(event)
    const most = keptEvents()
    // Not at each event: cutting a long list costs as much as copying it.
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
