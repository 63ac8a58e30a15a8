/**
 * Makes a function that runs `work` once at a time. Calls during a run share one further run, which begins after it, so a flood
 * of calls is at most one run under way and one to come, and the last call is never lost.
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
