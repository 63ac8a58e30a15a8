import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { ConfigError } from '@lingpai/core'
import type { CommandIo } from './command-io.js'

/** Whether somebody is there to be asked. */
export function canAsk({ stdin, stderr }: Pick<CommandIo, 'stdin' | 'stderr'>): boolean {
  return stdin.isTTY === true && stderr.isTTY === true
}

/**
 * Asks for a secret on the terminal; what is typed does not show.
 *
 * @throws ConfigError when nothing is typed, or the question is left by Ctrl-C or Ctrl-D
 */
export async function askSecret(
  { stdin, stderr }: Pick<CommandIo, 'stdin' | 'stderr'>,
  question: string,
): Promise<string> {
  const nowhere = new Writable({
    write: (_chunk, _encoding, done) => {
      done()
    },
  })
  const lines = createInterface({ input: stdin, output: nowhere, terminal: true, historySize: 0 })
  stderr.write(`${question} (does not show): `)
  try {
    const answer = await new Promise<string>((resolve) => {
      const leave = (): void => {
        resolve('')
      }
      lines.once('line', resolve)
      lines.once('close', leave)
      lines.once('SIGINT', leave)
    })
    if (answer.trim() !== '') return answer.trim()
    throw new ConfigError('no secret was given', { field: 'secret', problem: 'missing' })
  } finally {
    lines.close()
    stderr.write('\n')
  }
}
