import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { ConfigError } from '@lingpai/core'
import type { CommandIo } from './command-io.js'

/** Whether a user at a terminal can be asked. */
export function canAsk({ stdin, stderr }: Pick<CommandIo, 'stdin' | 'stderr'>): boolean {
  return stdin.isTTY === true && stderr.isTTY === true
}

/**
 * Asks for a secret on the terminal without showing the input.
 *
 * @throws ConfigError if the input is empty, or the user presses Ctrl-C or Ctrl-D
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
  stderr.write(`${question} (hidden): `)
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
    throw new ConfigError('no secret was entered', { field: 'secret', problem: 'missing' })
  } finally {
    lines.close()
    stderr.write('\n')
  }
}
