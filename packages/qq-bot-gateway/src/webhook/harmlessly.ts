/** Calls foreign code synchronously and swallows its throw or rejection. @param failed called on either; its own errors are ignored */
export function harmlessly(call: () => unknown, failed?: () => unknown): void {
  const run = async (): Promise<unknown> => call()
  run().catch(() => {
    if (failed !== undefined) harmlessly(failed)
  })
}
