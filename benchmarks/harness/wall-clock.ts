/** Sets the wall clock of this process ahead, for everything that reads `Date`. The monotonic clock and timers go on as before. */
export function setWallClockAhead(byMs: number): void {
  const RealDate = globalThis.Date
  globalThis.Date = class extends RealDate {
    constructor(...args: readonly [] | ConstructorParameters<typeof RealDate>) {
      if (args.length === 0) super(RealDate.now() + byMs)
      else super(...args)
    }

    static override now(): number {
      return RealDate.now() + byMs
    }
  } as DateConstructor
}
