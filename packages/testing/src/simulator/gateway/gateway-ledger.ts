/** One thing that a client did at the gateway, or that the gateway did to it. Holds no token. */
export interface GatewayLedgerEntry {
  /** Unix milliseconds of the simulator's clock. */
  readonly atMs: number
  /** `close`: the gateway closed the connection; `gone`: it is over, whoever ended it. */
  readonly kind: 'connect' | 'identify' | 'resume' | 'heartbeat' | 'close' | 'gone'
  readonly account?: string
  readonly sessionId?: string
  /** Shard's index. */
  readonly shard?: number
  /** What the client says that it has seen; `null` before the first event. */
  readonly seq?: number | null
  /** 0 where all was well; a close code, or 9 for Invalid Session. */
  readonly code?: number
  /** Why a session start was refused. */
  readonly limit?: 'exhausted' | 'too-fast'
}

/** Counts, exact also where entries were forgotten. */
export interface GatewayCounts {
  readonly connects: number
  /** Identify payloads, refused ones included. */
  readonly identifies: number
  /** Sessions that were started. */
  readonly sessions: number
  /** Resume payloads, refused ones included. */
  readonly resumes: number
  /** Sessions that went on. */
  readonly resumed: number
  readonly heartbeats: number
  /** Identify payloads beyond `session_start_limit` or faster than `max_concurrency`. */
  readonly overLimit: number
}

/** What the gateway saw. */
export interface GatewayLedger {
  /** The latest entries, the oldest first. */
  readonly entries: readonly GatewayLedgerEntry[]
  readonly counts: GatewayCounts
  /** Forgets entries and counts. */
  reset(): void
}

/** A ledger that can be written. */
export interface WritableGatewayLedger extends GatewayLedger {
  write(entry: GatewayLedgerEntry): void
}

/** An empty ledger. */
export function gatewayLedger(maxEntries: number): WritableGatewayLedger {
  let entries: GatewayLedgerEntry[] = []
  let counts = noCounts()
  return {
    get entries() {
      if (entries.length > maxEntries) entries = entries.slice(-maxEntries)
      return entries
    },
    get counts() {
      return counts
    },
    reset: () => {
      entries = []
      counts = noCounts()
    },
    write: (entry) => {
      if (entries.length >= maxEntries * 2) entries = entries.slice(-maxEntries)
      entries.push(Object.freeze(entry))
      counts = counted(counts, entry)
    },
  }
}

function noCounts(): GatewayCounts {
  return { connects: 0, identifies: 0, sessions: 0, resumes: 0, resumed: 0, heartbeats: 0, overLimit: 0 }
}

function counted(counts: GatewayCounts, { kind, code, limit }: GatewayLedgerEntry): GatewayCounts {
  const isGood = code === 0 ? 1 : 0
  switch (kind) {
    case 'connect':
      return { ...counts, connects: counts.connects + 1 }
    case 'identify':
      return {
        ...counts,
        identifies: counts.identifies + 1,
        sessions: counts.sessions + isGood,
        overLimit: counts.overLimit + (limit === undefined ? 0 : 1),
      }
    case 'resume':
      return { ...counts, resumes: counts.resumes + 1, resumed: counts.resumed + isGood }
    case 'heartbeat':
      return { ...counts, heartbeats: counts.heartbeats + 1 }
    case 'close':
    case 'gone':
      return counts
  }
}
