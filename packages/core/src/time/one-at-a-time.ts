/**
 * Wraps `work` so that only one run is under way at a time. Calls during a run share one further run, which starts
 * after it. So a flood of calls makes at most one current and one further run, and the last call is never lost.
 */
export function oneAtATime(work: () => Promise<unknown>): () => void {
  let isRunning = false
  let isCalled = false
  const run = async (): Promise<void> => {
    isRunning = true
    try {
      while (isCalled) {
        isCalled = false
        await work()
      }
    } finally {
      isRunning = false
    }
  }
  return () => {
    isCalled = true
    if (!isRunning) void run()
  }
}
