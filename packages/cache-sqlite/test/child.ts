import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))

/** A real process running one of the tasks of `worker.ts`. */
export interface Child {
  readonly process: ChildProcess
  /** The next line that it prints; `undefined` when it has ended. */
  readonly line: () => Promise<string | undefined>
  /** All lines that it prints from now on, until it ends. */
  readonly lines: () => Promise<string[]>
  readonly tell: (line: string) => void
  readonly signal: (signal: NodeJS.Signals) => void
  readonly ended: Promise<void>
}

/** Starts `worker.ts` with a task and its arguments; its standard error comes out as ours. */
export function startChild(...args: readonly string[]): Child {
  const child = spawn(
    process.execPath,
    ['--conditions=@lingpai/source', '--import', 'tsx', join(here, 'worker.ts'), ...args],
    { cwd: here, stdio: ['pipe', 'pipe', 'inherit'] },
  )
  // A killed child may leave us writing to nobody.
  child.stdin.on('error', () => undefined)
  const printed = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const line = async (): Promise<string | undefined> => {
    const next = await printed.next()
    return next.done === true ? undefined : next.value
  }
  return {
    process: child,
    line,
    lines: async () => {
      const all: string[] = []
      for (let next = await line(); next !== undefined; next = await line()) all.push(next)
      return all
    },
    tell: (text) => child.stdin.write(`${text}\n`),
    signal: (signal) => {
      child.kill(signal)
    },
    ended: new Promise((resolve) => {
      child.once('close', () => {
        resolve()
      })
    }),
  }
}
