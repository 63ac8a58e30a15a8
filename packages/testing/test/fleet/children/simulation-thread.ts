import { parentPort } from 'node:worker_threads'
import type { IAccessTokenCache } from '@lingpai/core'
import { simulateFleet, type FleetReport, type FleetWishes } from '@lingpai/testing/fleet'

/** What a test asks of the thread. */
export interface Run extends FleetWishes {
  readonly seed: number
  /** Whether a commit writes even if the lease is lost. @default false */
  readonly isUnfenced?: boolean
  /** Whether the result has the trace. @default false */
  readonly isTraced?: boolean
}

/** What the thread returns. */
export interface Simulated {
  readonly report: FleetReport
  readonly trace: readonly string[]
}

parentPort?.on('message', (run: Run) => {
  void simulate(run)
})

/** A rejection ends the thread, and so fails the test. */
async function simulate({ isUnfenced = false, isTraced = false, ...wishes }: Run): Promise<void> {
  const trace: string[] = []
  const report = await simulateFleet({
    ...wishes,
    ...(isUnfenced && { wrapCache: unfenced }),
    ...(isTraced && { onTrace: (line: string) => trace.push(line) }),
  })
  parentPort?.postMessage({ report, trace } satisfies Simulated)
}

function unfenced(cache: IAccessTokenCache): IAccessTokenCache {
  const { lease } = cache
  if (lease === undefined) return cache
  return {
    ...cache,
    lease: {
      ...lease,
      commit: async (key, holder, value, expiresAtMs) => {
        await cache.set(key, value, expiresAtMs)
        await lease.release(key, holder)
        return true
      },
    },
  }
}
