/** Calls foreign code, at once; neither its throw nor its rejection comes back. @param failed told of either, and harmless itself */
export function harmlessly(call: () => unknown, failed?: () => unknown): void {
  const run = async (): Promise<unknown> => call()
  run().catch(() => {
    if (failed !== undefined) harmlessly(failed)
  })
}
