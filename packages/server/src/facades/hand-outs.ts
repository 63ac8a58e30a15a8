import type { Clock, TokenSource } from '@lingpai/core'

/**
 * A client keeps a token for as long as it was told. One that is back before has lost it, polls, or was refused by the
 * platform: a suspicion, however long ago it was here. Tokens told to live less than this are asked for again too soon to
 * be forgotten in between.
 */
const leastMemoryMs = 60_000

/** What the clients of the facades were given last. */
export interface HandOuts {
  /** The generation that this client should still have. */
  last(source: TokenSource, client: string): number | undefined
  /** A client was given a token. */
  note(source: TokenSource, client: string, generation: number, toldSeconds: number): void
}

interface HandOut {
  readonly generation: number
  /** On the monotonic clock. */
  readonly untilMs: number
}

/** An empty memory; it holds one entry for each account and client. */
export function handOuts(clock: Clock): HandOuts {
  // Accounts that are gone take their entries along.
  const bySource = new WeakMap<TokenSource, Map<string, HandOut>>()
  return {
    last: (source, client) => {
      const handed = bySource.get(source)?.get(client)
      return handed !== undefined && clock.monotonic() < handed.untilMs ? handed.generation : undefined
    },
    note: (source, client, generation, toldSeconds) => {
      const byClient = bySource.get(source) ?? new Map<string, HandOut>()
      bySource.set(source, byClient)
      const untilMs = clock.monotonic() + Math.max(toldSeconds * 1000, leastMemoryMs)
      byClient.set(client, { generation, untilMs })
    },
  }
}
