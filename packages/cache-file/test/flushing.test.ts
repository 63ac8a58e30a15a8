import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { nameOfKey } from '../src/state.js'
import { bundled } from '../../testing/test/support/bundle.js'
import { startProgram, tracedTo } from '../../testing/test/support/child.js'
import { temporaryDirectories } from '../../testing/test/support/temporary-directory.js'

const worker = bundled(new URL('worker.ts', import.meta.url))
const temporaryDirectory = temporaryDirectories()

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly args: { readonly path?: string; readonly src?: string; readonly dest?: string }
}

// The order of these calls decides what survives a power failure, which a test cannot cause.
test('a state is flushed before it is published, and its name before older states are removed', async () => {
  const directory = await temporaryDirectory()
  const tracePath = join(directory, 'trace.json')
  const args = ['setThrice', join(directory, 'cache'), 'key']
  await startProgram({ file: await worker, args, options: tracedTo(tracePath) }).ended
  const { traceEvents } = JSON.parse(await readFile(tracePath, 'utf8')) as { traceEvents: readonly TraceEvent[] }
  const entry = join(directory, 'cache', nameOfKey('key'))
  const steps = traceEvents
    .filter(({ name, ph }) => ph === 'b' && ['mkdir', 'write', 'fsync', 'link', 'unlink'].includes(name))
    .map(({ name, args }) => [name, args.dest ?? args.path].filter((part) => part !== undefined).join(' '))
    .map((step) => step.replace(`${entry}/`, '').replace(/\S+\.tmp$/, 'aside'))
  const third = steps.lastIndexOf('link 3.json')
  const flushed = ['write', 'fsync', 'link 3.json', 'unlink aside', 'fsync', 'unlink 1.json']
  expect(steps.slice(third - 2, third - 2 + flushed.length)).toEqual(flushed)
  // Node.js traces mkdir under the name of another operation, so it is identified by its path.
  const making = steps.slice(
    steps.indexOf(
      `write`,
      steps.findIndex((step) => step.endsWith(entry)),
    ) - 4,
  )
  expect(making.slice(0, 7)).toEqual([
    expect.stringContaining('/cache'),
    'fsync',
    expect.stringContaining(entry),
    'fsync',
    'write',
    'fsync',
    'link 1.json',
  ])
}, 30_000)
