/** One action of a client or of the gateway. Contains no token. */
export interface GatewayLedgerEntry {
  /** Unix milliseconds of the simulator's clock. */
  readonly atMs: number
  /** `close`: the gateway closed the connection; `gone`: the connection ended, from either side. */
  readonly kind: 'connect' | 'identify' | 'resume' | 'heartbeat' | 'close' | 'gone'
  readonly account?: string
  readonly sessionId?: string
  /** Shard's index. */
  readonly shard?: number
  /** Last sequence number that the client reports; `null` before the first event. */
  readonly seq?: number | null
  /** 0 on success; otherwise a close code, or 9 for Invalid Session. */
  readonly code?: number
  /** Why a session start was rejected. */
  readonly limit?: 'exhausted' | 'too-fast'
}

/** Counts, which stay exact when entries are dropped. */
export interface GatewayCounts {
  readonly connects: number
  /** Identify payloads, including rejected ones. */
  readonly identifies: number
  /** Started sessions. */
  readonly sessions: number
  /** Resume payloads, including rejected ones. */
  readonly resumes: number
  /** Resumed sessions. */
  readonly resumed: number
  readonly heartbeats: number
  /** Identify payloads beyond `session_start_limit` or faster than `max_concurrency`. */
  readonly overLimit: number
}

/** The record of the gateway. */
export interface GatewayLedger {
  /** The latest entries, oldest first. */
  readonly entries: readonly GatewayLedgerEntry[]
  readonly counts: GatewayCounts
  /** Clears entries and counts. */
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
