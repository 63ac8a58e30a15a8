import { systemClock, type Clock } from '@lingpai/core'

/** Where text goes. */
export interface TextSink {
  /** Appends the text. */
  write(text: string): unknown
  /** Whether a person reads it; colour is for people only. */
  readonly isTTY?: boolean | undefined
}

/** Everything the command touches outside of itself, so that it can run in a test as it runs in a terminal. */
export interface CommandIo {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined }
  readonly stdout: TextSink
  readonly stderr: TextSink
  readonly env: Readonly<Record<string, string | undefined>>
  /** Working directory, absolute. */
  readonly cwd: string
  /** Asks the platforms. */
  readonly fetch: typeof globalThis.fetch
  readonly clock: Clock
  /** Such as `20.20.2`. */
  readonly nodeVersion: string
  /** Resolves when the user wants a running command to end (Ctrl-C). */
  readonly stopped: () => Promise<void>
  /** Calls back when the user wants the configuration to be read again (SIGHUP). @returns Ends it. */
  readonly onReload?: (listener: () => void) => () => void
}

/** The real thing. */
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
          // Whoever asks a second time does not want to wait: the system ends us then.
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
