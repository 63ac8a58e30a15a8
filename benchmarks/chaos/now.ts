/** Milliseconds on the machine's monotonic clock: the same moment is the same number in all processes. */
export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6
