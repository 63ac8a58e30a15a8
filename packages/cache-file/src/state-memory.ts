import type { State } from './state.js'
import type { FileMark } from './file-mark.js'

/** A state that was read from a file, and by what that file is known again. */
export interface SeenState {
  readonly number: number
  readonly state: State
  /** The file that it was read from. */
  readonly path: string
  readonly mark: FileMark
}

/** The states that a process saw last, by key. */
export interface StateMemory {
  get(key: string): SeenState | undefined
  set(key: string, seen: SeenState): void
  delete(key: string): void
}

/** Beyond so many keys the one that came first is forgotten, and read again. */
const mostKeys = 10_000

/** An empty memory. */
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
