import { systemClock, type Clock } from '@lingpai/core'
import type { Dispatcher } from 'undici'

/** A destination of text. */
export interface TextSink {
  /** Appends the text. */
  write(text: string): unknown
  /** Whether it is a terminal; colors are for terminals only. */
  readonly isTTY?: boolean | undefined
}

/** Everything that the command uses outside of itself, so that tests can replace it. */
export interface CommandIo {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined }
  readonly stdout: TextSink
  readonly stderr: TextSink
  readonly env: Readonly<Record<string, string | undefined>>
  /** Working directory, absolute. */
  readonly cwd: string
  /** Sends requests to the platforms. */
  readonly fetch: typeof globalThis.fetch
  /** The proxies that the environment names, for requests that `fetch` does not send. */
  readonly dispatcher?: Dispatcher
  readonly clock: Clock
  /** Version of Node.js, such as `20.20.2`. */
  readonly nodeVersion: string
  /** Resolves when the user stops a running command (Ctrl-C). */
  readonly stopped: () => Promise<void>
  /** Calls the listener when the user requests a reload of the configuration (SIGHUP). @returns stops listening */
  readonly onReload?: (listener: () => void) => () => void
}

/** Returns the input and output of this process. */
export function processIo({ fetch = globalThis.fetch }: Partial<Pick<CommandIo, 'fetch'>> = {}): CommandIo {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    fetch,
    clock: systemClock,
    nodeVersion: process.versions.node,
    stopped: () =>
      new Promise((resolve) => {
        const signals = ['SIGINT', 'SIGTERM'] as const
        const stop = (): void => {
          // On a second signal the process must exit immediately, which is the system's default.
          for (const signal of signals) process.off(signal, stop)
          resolve()
        }
        for (const signal of signals) process.on(signal, stop)
      }),
    onReload: (listener) => {
      process.on('SIGHUP', listener)
      return () => void process.off('SIGHUP', listener)
    },
  }
}
