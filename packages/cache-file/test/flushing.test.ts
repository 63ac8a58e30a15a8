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
  const { steps, entry } = await stepsOf('setThrice')
  const third = steps.lastIndexOf('link 3.json')
  // Others are told as soon as they see the state, while its name is flushed.
  const flushed = ['write', 'fsync', 'link 3.json', 'unlink aside', 'write', 'fsync', 'unlink 1.json']
  expect(steps.slice(third - 2, third - 2 + flushed.length)).toEqual(flushed)
  // Node.js traces mkdir under the name of another operation, so it is identified by its path.
  const made = steps.findLastIndex((step) => step.endsWith(entry))
  expect(steps.slice(made - 2, made + 8)).toEqual([
    expect.stringContaining('/cache'),
    'fsync',
    expect.stringContaining(entry),
    'write',
    'fsync',
    'link 1.json',
    'unlink aside',
    'write',
    'fsync',
    'fsync',
  ])
}, 30_000)

test('a lease is flushed only with a value: without one, a power failure has nothing to lose', async () => {
  const { steps, entry } = await stepsOf('leaseTwice')
  const published = (name: string): string | undefined => {
    const at = steps.indexOf(`link ${name}`)
    return at < 0 ? undefined : steps.slice(at - 2, at + 3).join(', ')
  }
  const flushed = (name: string): string => `write, fsync, link ${name}, unlink aside, fsync`
  expect(published('1.json')).toBe(`unlink ${entry}, write, link 1.json, unlink aside, write`)
  expect(published('2.json')).toBe('unlink aside, write, link 2.json, unlink aside, unlink 1.json')
  expect(['4.json', '5.json'].map(published)).toEqual(['4.json', '5.json'].map(flushed))
  // The first value flushes the name of its directory, too.
  const first = steps.indexOf('link 3.json')
  const place = ['write', 'fsync', 'link 3.json', 'unlink aside']
  expect(steps.slice(first - 2, first + 6)).toEqual([...place, 'write', 'fsync', 'fsync', 'write'])
}, 30_000)

/** Runs a task of the worker. @returns what it did to the disk, and the directory of its entry */
async function stepsOf(task: string): Promise<{ readonly steps: readonly string[]; readonly entry: string }> {
  const directory = await temporaryDirectory()
  const tracePath = join(directory, 'trace.json')
  const args = [task, join(directory, 'cache'), 'key']
  await startProgram({ file: await worker, args, options: tracedTo(tracePath) }).ended
  const { traceEvents } = JSON.parse(await readFile(tracePath, 'utf8')) as { traceEvents: readonly TraceEvent[] }
  const entry = join(directory, 'cache', nameOfKey('key'))
  const steps = traceEvents
    .filter(({ name, ph }) => ph === 'b' && ['mkdir', 'write', 'fsync', 'link', 'unlink'].includes(name))
    .map(({ name, args: given }) => [name, given.dest ?? given.path].filter((part) => part !== undefined).join(' '))
    .map((step) => step.replace(`${entry}/`, '').replace(/\S+\.tmp$/, 'aside'))
  return { steps, entry }
}
