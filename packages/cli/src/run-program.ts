import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { ConfigError, type Clock } from '@lingpai/core'
import type { ExitCode } from './exit-code.js'

/** Signals that the program gets as this process does. */
const forwarded = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const

/**
 * Runs a program instead of this process, as far as others can tell: it has the standard streams, it gets the signals, and its
 * exit code is the result; 128 and the number of the signal if one ended it, as shells have it.
 *
 * @param onStart called when it runs. Returns a function that is called at its end.
 * @throws ConfigError if it cannot be started
 */
export async function runProgram(
  [file = '', ...args]: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  onStart: (atMs: number) => () => void,
  clock: Clock,
): Promise<ExitCode> {
  const child = spawn(file, args, { stdio: 'inherit', env })
  // The terminal sends Ctrl-C to both.
  const isTyped = process.stdin.isTTY
  const listeners = forwarded.map((signal) => {
    const forward = (): void => {
      if (!(signal === 'SIGINT' && isTyped)) child.kill(signal)
    }
    process.on(signal, forward)
    return () => process.off(signal, forward)
  })
  let onEnd = (): void => undefined
  child.once('spawn', () => {
    onEnd = onStart(clock.now())
  })
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) => {
        reject(notStarted(file, error))
      })
      child.once('exit', (code, signal) => {
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
      })
    })
  } finally {
    onEnd()
    for (const stop of listeners) stop()
  }
}

function notStarted(file: string, { code }: NodeJS.ErrnoException): ConfigError {
  const why = { ENOENT: 'there is no such program', EACCES: 'it may not be executed' }[String(code)] ?? String(code)
  return new ConfigError(`exec: cannot start ${file}: ${why}`, { field: 'program', problem: 'unknown' })
}
