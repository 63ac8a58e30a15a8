/** The guarantees of the design, by their numbers. */
export type Guarantee = 'G1' | 'G2' | 'G3' | 'G4' | 'G5' | 'G6' | 'G7' | 'G8'

/** A guarantee that did not hold. */
export interface FleetBreach {
  readonly guarantee: Guarantee
  /** Description of what happened; contains no token. */
  readonly what: string
  /** Virtual milliseconds since the start. */
  readonly atMs: number
  /** The last lines of the trace. */
  readonly trace: readonly string[]
}
