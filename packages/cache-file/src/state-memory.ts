import type { State } from './state.js'
import type { FileMark } from './file-mark.js'

/** A state that was read, with what identifies its file. */
export interface SeenState {
  readonly number: number
  readonly state: State
  /** The file that the state was read from. */
  readonly path: string
  readonly mark: FileMark
}

/** The last seen state of each key, in the memory of the process. */
export interface StateMemory {
  get(key: string): SeenState | undefined
  set(key: string, seen: SeenState): void
  delete(key: string): void
}

/** Beyond this number of keys, the oldest one is dropped and later read again. */
const mostKeys = 10_000

/** Creates an empty memory. */
export function stateMemory(): StateMemory {
  const seen = new Map<string, SeenState>()
  return {
    get: (key) => seen.get(key),
    set: (key, state) => {
      seen.set(key, state)
      const [first] = seen.keys()
      if (seen.size > mostKeys && first !== undefined) seen.delete(first)
    },
    delete: (key) => void seen.delete(key),
  }
}
