import { randomUUID } from 'node:crypto'
import { link, lstat, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { CacheError } from '@lingpai/core'
import { isSameMark, isSettled, markOf, type FileMark } from './file-mark.js'
import { preparePrivateDirectory, syncDirectory } from './private-directory.js'
import { emptyState, encodeState, type State } from './state.js'
import { readStateFile, writePrivateFile } from './state-file.js'
import type { SeenState, StateMemory } from './state-memory.js'
import { codeOf, ignore, survive } from './system-error.js'
import type { Transition } from './transitions.js'

/** The states of one key, each in a file of its own: `1.json`, `2.json` …; the highest number is what stands. */
export interface StateLog {
  readonly key: string
  /** The key's own directory. */
  readonly directory: string
  /** Wall clock, Unix milliseconds. */
  readonly now: () => number
}

const stateName = /^([1-9]\d{0,15})\.json$/
const asideName = /^\d+\.[0-9a-f-]{36}\.tmp$/
/** A file that was written aside and not published for so long is a dead writer's. */
const abandonedAfterMs = 60_000
/** Each lost attempt is somebody else's progress; so many in a row are a broken file system. */
const mostAttempts = 1000

/**
 * The state that stands: {@link emptyState} where nothing does, or nothing that can be read. One that was seen before is not
 * read again as long as it stands untouched.
 */
export async function readState(log: StateLog, memory: StateMemory): Promise<State> {
  const seen = memory.get(log.key)
  if (seen !== undefined && (await stillStands(log, seen))) return seen.state
  const { number, state, mark } = await readTop(log)
  if (mark !== undefined && isSettled(mark, log.now())) memory.set(log.key, { number, state, mark })
  else memory.delete(log.key)
  return state
}

/**
 * Whether a state is the one that stood when this began. Numbers follow each other without a gap and go in the same order,
 * lowest first: where this one is still there after the next was not, there was no next.
 */
async function stillStands(log: StateLog, { number, mark }: SeenState): Promise<boolean> {
  try {
    await lstat(pathOf(log, number + 1))
    return false
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') return false
  }
  const found = await lstat(pathOf(log, number), { bigint: true }).catch(ignore)
  return found !== undefined && isSameMark(mark, markOf(found))
}

/**
 * Takes the log one step further, atomically against every process on the host.
 *
 * The next state is published by linking it to the next number, which fails when somebody was faster; then the step is
 * decided anew on what stands now. A number that was free only because others went on and tidied up is given back.
 *
 * @returns The answer of the transition, once what it answers for is on the disk.
 */
export async function transact<T>(log: StateLog, transition: Transition<T>): Promise<T> {
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const top = await readTop(log)
    const { next, answer } = transition(top.state)
    if (next === undefined && !top.damaged) return answer
    await preparePrivateDirectory(log.directory, log.now)
    if (await publish(log, top.number + 1, next ?? top.state)) return answer
  }
  throw failure('fileCache: lost the race for an entry too often', 'set')
}

interface Top {
  /** 0 before the first state. */
  readonly number: number
  readonly state: State
  readonly damaged: boolean
  /** Of the file that the state was read from. */
  readonly mark?: FileMark
}

/** A state that vanishes between listing and reading was overtaken: look again. */
async function readTop(log: StateLog): Promise<Top> {
  let goneNumber = 0
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const number = highest(await listDirectory(log.directory))
    if (number === 0) return { number, state: emptyState, damaged: false }
    const found = await readStateFile(pathOf(log, number), log.key)
    if (typeof found === 'object') return { number, damaged: false, ...found }
    // Listed twice and absent twice: a name that leads nowhere.
    if (found === 'damaged' || number === goneNumber) return { number, state: emptyState, damaged: true }
    goneNumber = number
  }
  throw failure('fileCache: an entry changed faster than it could be read', 'get')
}

/** Whether `state` now stands, or stood until others built on it; `false`: somebody was faster, and nothing is left of it. */
async function publish(log: StateLog, number: number, state: State): Promise<boolean> {
  if (!Number.isSafeInteger(number)) throw failure('fileCache: an entry has used up its numbers', 'set')
  const aside = join(log.directory, `${String(number)}.${randomUUID()}.tmp`)
  try {
    await writePrivateFile(aside, encodeState(log.key, state))
    await link(aside, pathOf(log, number))
  } catch (error) {
    // ENOENT: the directory, or what was written aside a minute ago, was cleared away meanwhile.
    if (['EEXIST', 'ENOENT'].includes(codeOf(error) ?? '')) return false
    throw error
  } finally {
    await unlink(aside).catch(ignore)
  }
  const names = await readdir(log.directory)
  if (highest(names) > number) {
    await unlink(pathOf(log, number)).catch(ignore)
    return false
  }
  await syncDirectory(log.directory)
  await tidy(log, number, names, state.value === undefined ? 0 : 1)
  return true
}

/**
 * Removes what stood before `number`, lowest first, and never one before a lower one; the last is kept for those who are
 * just reading it.
 */
async function tidy(log: StateLog, number: number, names: readonly string[], kept: 0 | 1): Promise<void> {
  const older = names.map(numberOf).filter((candidate) => candidate > 0 && candidate < number)
  older.sort((one, other) => one - other)
  try {
    for (const outdated of older.slice(0, older.length - kept)) {
      await unlink(pathOf(log, outdated)).catch(survive('ENOENT'))
    }
  } catch {
    // The next writer tries again.
  }
  await clearAbandoned(log, number, names)
}

/** Ages are counted by the file system's clock, from the state that was published just now. */
async function clearAbandoned(log: StateLog, number: number, names: readonly string[]): Promise<void> {
  const asides = names.filter((name) => asideName.test(name))
  if (asides.length === 0) return
  const published = await lstat(pathOf(log, number)).catch(ignore)
  for (const aside of asides) {
    const path = join(log.directory, aside)
    const found = await lstat(path).catch(ignore)
    if (published === undefined || found === undefined) continue
    if (Math.abs(published.mtimeMs - found.mtimeMs) > abandonedAfterMs) await unlink(path).catch(ignore)
  }
}

/** No names where there is no directory, or something else in its place; rejects when the system cannot tell. */
async function listDirectory(path: string): Promise<readonly string[]> {
  const [found, names] = await Promise.all([
    lstat(path).catch(survive('ENOENT')),
    readdir(path).catch((error: unknown) => ({ error })),
  ])
  if (found?.isDirectory() !== true) return []
  if ('error' in names) {
    if (codeOf(names.error) === 'ENOENT') return []
    throw names.error
  }
  return names
}

function highest(names: readonly string[]): number {
  return names.reduce((top, name) => Math.max(top, numberOf(name)), 0)
}

/** 0 for the name of anything but a state. */
function numberOf(name: string): number {
  const number = Number(stateName.exec(name)?.[1] ?? 0)
  return Number.isSafeInteger(number) ? number : 0
}

function pathOf({ directory }: StateLog, number: number): string {
  return join(directory, `${String(number)}.json`)
}

function failure(message: string, operation: 'get' | 'set'): CacheError {
  return new CacheError(message, { operation, reach: 'host', problem: 'failed' })
}
