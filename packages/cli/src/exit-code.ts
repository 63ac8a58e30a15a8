/** The exit codes of the command. */
export const exitCodes = {
  ok: 0,
  /** The platform, the cache or the network failed. */
  failed: 1,
  /** Wrong arguments or a wrong configuration; no request was sent. */
  usage: 2,
  /** `doctor` found a failure. */
  findings: 3,
} as const

/** One of {@link exitCodes}; for `exec` that of the program. */
export type ExitCode = number
