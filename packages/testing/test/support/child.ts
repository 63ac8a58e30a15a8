import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { bundled } from './bundle.js'

/** A real process that speaks in lines. */
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

/** Ends what a failed or timed-out test has left behind, stopped processes included. */
const running = new Set<ChildProcess>()
afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
})

/** What a process is started from. */
export interface Program {
  /** JavaScript, see `bundled`. */
  readonly file: string
  readonly args?: readonly string[]
  /** Options of Node. */
  readonly options?: readonly string[]
}

/** Starts a process; its standard error comes out as ours. */
export function startProgram({ file, args = [], options = [] }: Program): Child {
  const child = spawn(process.execPath, [...options, file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  running.add(child)
  child.once('exit', () => running.delete(child))
  // After a kill, a write may find no reader.
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

/** Starts a program again and again, with the arguments of a task. */
export function childrenOf(file: URL): (...args: readonly string[]) => Child {
  const program = bundled(file)
  let path = ''
  beforeAll(async () => {
    path = await program
  })
  return (...args) => startProgram({ file: path, args })
}

/** Options of Node that write down each asynchronous file operation to `path`, in the order in which they happen. */
export function tracedTo(path: string): readonly string[] {
  return ['--trace-event-categories', 'node.fs.async', '--trace-event-file-pattern', path]
}
