const tickMs = 5

/** Calls at a steady rate, without waiting for the calls before, and ends when all have ended. Calls must not reject. */
export async function callSteadily(call: () => Promise<void>, perSecond: number, forMs: number): Promise<void> {
  const pending = new Set<Promise<void>>()
  const startedAt = performance.now()
  let calls = 0
  for (let ms = 0; ms < forMs; ms = performance.now() - startedAt) {
    for (const due = Math.floor((ms / 1000) * perSecond); calls < due; calls += 1) {
      const one: Promise<void> = call().finally(() => pending.delete(one))
      pending.add(one)
    }
    await new Promise((resolve) => setTimeout(resolve, tickMs))
  }
  await Promise.all(pending)
}
