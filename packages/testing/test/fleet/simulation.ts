import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { bundled } from '../support/bundle.js'
import type { Run, Simulated } from './children/simulation-thread.js'

/**
 * Simulates fleets in a thread until the tests are over, one run at a time. Jest runs tests in a context of node:vm and tracks
 * their promises: there, a simulation takes twice as long.
 */
export function simulationThread(): (run: Run) => Promise<Simulated> {
  const program = bundled(new URL('children/simulation-thread.ts', import.meta.url))
  let thread: Worker | undefined
  const open = async (): Promise<Worker> => {
    const opened = new Worker(await program)
    opened.once('exit', () => {
      if (thread === opened) thread = undefined
    })
    return opened
  }
  afterAll(() => thread?.terminate())
  return async (run) => {
    const running = (thread ??= await open())
    const answered = once(running, 'message')
    running.postMessage(run)
    try {
      const [simulated] = (await answered) as [Simulated]
      return simulated
    } catch (error) {
      // What one run threw fails its test alone.
      thread = undefined
      throw error
    }
  }
}
