import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Outcome } from './children/sdk.js'
import type { SdkOrder, SdkReport } from './children/sdk-process.js'
import { bundled } from '../../../testing/test/support/bundle.js'

/** A process that runs an unmodified SDK. */
export interface SdkProcess {
  /** Everything that it printed, including errors of the SDK. */
  printed(): string
  do(order: SdkOrder): Promise<readonly Outcome[]>
  end(): Promise<void>
}

const program = bundled(new URL('children/sdk-process.ts', import.meta.url))
const script = fileURLToPath(new URL('children/wechat-script.py', import.meta.url))

/** The HTTP clients that the script can use on this machine, as names for `startSdk`. */
export const pythonScripts: readonly string[] = ['requests', 'urllib'].flatMap((client) => {
  if (spawnSync('python3', ['-c', `import ${client}`]).status === 0) return [`python3 ${client}`]
  process.stdout.write(`not run: there is no python3 with ${client} on this machine\n`)
  return []
})

/** Starts a process. @param name as in `sdk-process.ts`, or `python3` and the HTTP client of the script */
export async function startSdk(name: string): Promise<SdkProcess> {
  const [python, client] = name.split(' ')
  const child =
    python === 'python3' && client !== undefined
      ? spawn(python, [script, client])
      : spawn(process.execPath, [await program, name])
  const printed: string[] = []
  child.stderr.on('data', (chunk: Buffer) => printed.push(String(chunk)))
  child.stdout.on('data', (chunk: Buffer) => printed.push(String(chunk)))
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      resolve()
    })
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    printed: () => printed.join(''),
    do: async (order) => {
      child.stdin.write(`${JSON.stringify(order)}\n`)
      for (;;) {
        const { value, done } = await lines.next()
        if (done === true) return [{ ok: false, text: printed.join('') }]
        if (value.startsWith('{"outcomes"')) return (JSON.parse(value) as SdkReport).outcomes
      }
    },
    end: async () => {
      child.kill()
      await ended
    },
  }
}

/** Returns the outcomes that are failures. */
export function failed(outcomes: readonly Outcome[]): readonly Outcome[] {
  return outcomes.filter(({ ok }) => !ok)
}
