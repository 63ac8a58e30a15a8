/** Times of a run, in milliseconds. */
export interface RunTimes {
  /** When the run began, from `nowMs`. */
  readonly startedAtMs: number
  /** How long the monkey was active. */
  readonly troubledMs: number
  /** Duration of the whole run. */
  readonly runMs: number
  /** The life of a token. */
  readonly lifeMs: number
}
