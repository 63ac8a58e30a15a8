import { lstat, readdir, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CacheError } from '@lingpai/core'
import { codeOf, ignore, survive } from '@lingpai/core/internal'
import { isSameMark, isSettled, markOf } from './file-mark.js'
import { placeState, removeState } from './place-state.js'
import { isLooseAndOurs, preparePrivateDirectory, syncDirectory } from './private-directory.js'
import { emptyState, encodeState, nameOfKey, type State } from './state.js'
import { readStateFile, type FoundState } from './state-file.js'
import type { SeenState, StateMemory } from './state-memory.js'
import type { Transition } from './transitions.js'

/** The states of one key, each in its own file: `1.json`, `2.json` …; the highest number is the current state. */
export interface StateLog {
  readonly key: string
  /** The directory of the key. */
  readonly directory: string
  /** Wall clock in Unix milliseconds. */
  readonly now: () => number
}

/** No log reaches this many states: a higher number was not written by the cache. */
const mostNumber = 999_999_999_999
const stateName = /^([1-9]\d{0,11})\.json$/
const asideName = /^\d+\.[0-9a-f-]{36}\.tmp$/
/** A temporary file of this age belongs to a writer that died. */
const abandonedAfterMs = 60_000
const nothing = async (): Promise<void> => undefined
/** Each lost attempt means that another process made progress; this many in a row mean a broken file system. */
const mostAttempts = 1000

/**
 * Returns the current state; {@link emptyState} if there is none, or none that can be read. A state that was seen before is not read
 * again while its file is unchanged.
 */
export async function readState(log: StateLog, memory: StateMemory): Promise<State> {
  const seen = memory.get(log.key)
  if (seen !== undefined && (await stillStands(log, seen))) return seen.state
  const { number, found } = await readOwnTop(log)
  if (found !== undefined && isSettled(found.mark, log.now())) memory.set(log.key, { number, ...found })
  else memory.delete(log.key)
  return found?.state ?? emptyState
}

/**
 * Whether a state was the current one when this function was called. Numbers are consecutive, and states are removed lowest first: if
 * this state still exists after the next one was found missing, the next one did not exist.
 */
async function stillStands({ directory }: StateLog, { number, path, mark }: SeenState): Promise<boolean> {
  try {
    await lstat(pathOf(directory, number + 1))
    return false
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') return false
  }
  const found = await lstat(path, { bigint: true }).catch(ignore)
  return found !== undefined && isSameMark(mark, markOf(found))
}

/**
 * Applies one transition, atomically against every process on the host.
 *
 * The next state is published under the next number, which fails if another process was faster; the transition then runs again on the
 * new state. A number that was free only because other processes moved on or removed the entry is given back.
 *
 * @param announce called when other processes see a state, which may not be on the disk yet. Never rejects.
 * @returns the result of the transition, once its state is published, and on the disk if there is or was a value
 */
export async function transact<T>(
  log: StateLog,
  transition: Transition<T>,
  announce: () => Promise<void> = nothing,
): Promise<T> {
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const { number, found, isDamaged, isPrivate } = await readOwnTop(log)
    const standing = found?.state ?? emptyState
    const { next, answer } = transition(standing)
    if (next === undefined && !isDamaged) return answer
    if (number === mostNumber) await removeState(pathOf(log.directory, number))
    else {
      if (!isPrivate) await preparePrivateDirectory(log.directory, log.now)
      const state = next ?? standing
      // A lease without a value may be lost in a power failure: its holder is then gone, too.
      const isFlushed = state.value !== undefined || standing.value !== undefined
      // The first value may be in a directory that a lease made.
      const isFirst = isFlushed && standing.value === undefined
      if (await publish(log, number + 1, state, { isFlushed, isFirst, announce })) return answer
    }
  }
  throw failure('fileCache: other processes changed an entry too often', 'set')
}

/** The highest state of a log. */
export interface Top {
  /** 0 before the first state. */
  readonly number: number
  /** Absent if no state exists, or none can be read. */
  readonly found?: FoundState
  readonly isDamaged: boolean
  /** Whether the directory exists, and only this user can enter it. */
  readonly isPrivate: boolean
}

/** Returns the top of the entry named `name`. A state that vanishes between listing and reading was superseded: look again. */
export async function readTop(directory: string, name: string): Promise<Top> {
  let goneNumber = 0
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const { names, isPrivate } = await listDirectory(directory)
    const number = highest(names)
    if (number === 0) return { number, isDamaged: false, isPrivate }
    const found = await readStateFile(pathOf(directory, number), name)
    if (typeof found === 'object') return { number, isDamaged: false, isPrivate, found }
    // Listed twice and missing twice: a dangling name.
    if (found === 'damaged' || number === goneNumber) return { number, isDamaged: true, isPrivate }
    goneNumber = number
  }
  throw failure('fileCache: an entry changed faster than it could be read', 'get')
}

/** Returns the top for a key. A state that was written for another key of the same name, possible only for malformed text, is damaged. */
async function readOwnTop({ key, directory }: StateLog): Promise<Top> {
  const top = await readTop(directory, nameOfKey(key))
  const isOurs = top.found?.key === undefined || top.found.key === key
  return isOurs ? top : { number: top.number, isDamaged: true, isPrivate: top.isPrivate }
}

interface PublishTerms {
  readonly isFlushed: boolean
  /** Whether the name of the directory is flushed, too. */
  readonly isFirst: boolean
  readonly announce: () => Promise<void>
}

/** Publishes `state`. @returns whether it is current, or was until others built on it; on `false` nothing of it is left */
async function publish(
  { key, directory }: StateLog,
  number: number,
  state: State,
  { isFlushed, isFirst, announce }: PublishTerms,
): Promise<boolean> {
  const path = pathOf(directory, number)
  try {
    if (!(await placeState(path, encodeState(key, state), isFlushed))) return false
  } catch (error) {
    // The directory or the temporary file was cleaned up meanwhile.
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
  const [names] = await Promise.all([readdir(directory), announce()])
  const isOvertaken = highest(names) > number
  // The entry was removed, and may have started again from 1.
  const isDetached = number > 1 && !names.includes(nameOfNumber(number - 1))
  if (isOvertaken || isDetached) {
    await removeState(path).catch(ignore)
    return false
  }
  if (isFlushed) await Promise.all([directory, ...(isFirst ? [dirname(directory)] : [])].map(syncDirectory))
  await tidy(directory, number, names, state.value === undefined ? 0 : 1)
  return true
}

/**
 * Removes the states before `number`, always lowest first. The last of them may be left for processes that are just reading it.
 */
async function tidy(directory: string, number: number, names: readonly string[], kept: 0 | 1): Promise<void> {
  const older = numbersIn(names).filter((candidate) => candidate < number)
  try {
    for (const outdated of older.slice(0, older.length - kept)) await removeState(pathOf(directory, outdated))
  } catch {
    // The next writer tries again.
  }
  await clearAbandoned(directory, number, names)
}

/** Removes abandoned temporary files. Ages are measured by the file system's clock, from the state that was just published. */
async function clearAbandoned(directory: string, number: number, names: readonly string[]): Promise<void> {
  const asides = names.filter((name) => asideName.test(name))
  if (asides.length === 0) return
  const published = await lstat(pathOf(directory, number)).catch(ignore)
  for (const aside of asides) {
    const path = join(directory, aside)
    const found = await lstat(path).catch(ignore)
    if (published === undefined || found === undefined) continue
    if (Math.abs(published.mtimeMs - found.mtimeMs) > abandonedAfterMs) await removeState(path).catch(ignore)
  }
}

/**
 * Removes an entry whose top was `number`, including its directory. Another process that builds on that state finds it gone when it
 * publishes, and starts again; a state that it has already published stays.
 */
export async function removeEntry(directory: string, number: number): Promise<void> {
  const { names } = await listDirectory(directory)
  for (const outdated of numbersIn(names).filter((candidate) => candidate <= number))
    await removeState(pathOf(directory, outdated))
  for (const aside of names.filter((name) => asideName.test(name))) await removeState(join(directory, aside))
  await rmdir(directory)
}

interface Listing {
  readonly names: readonly string[]
  readonly isPrivate: boolean
}

/** Lists a directory. Returns no names if there is none, or if the path is something else; rejects on other errors. */
async function listDirectory(path: string): Promise<Listing> {
  const found = await lstat(path).catch(survive('ENOENT'))
  if (found?.isDirectory() !== true) return { names: [], isPrivate: false }
  const names = await readdir(path).catch(survive('ENOENT'))
  return { names: names ?? [], isPrivate: names !== undefined && !isLooseAndOurs(found) }
}

function highest(names: readonly string[]): number {
  return names.reduce((top, name) => Math.max(top, numberOf(name)), 0)
}

/** Returns the numbers of the states, lowest first. */
function numbersIn(names: readonly string[]): readonly number[] {
  const numbers = names.map(numberOf).filter((number) => number > 0)
  return numbers.sort((one, other) => one - other)
}

/** Returns the number of a state; 0 for any other name. */
function numberOf(name: string): number {
  return Number(stateName.exec(name)?.[1] ?? 0)
}

function nameOfNumber(number: number): string {
  return `${String(number)}.json`
}

function pathOf(directory: string, number: number): string {
  return join(directory, nameOfNumber(number))
}

function failure(message: string, operation: 'get' | 'set'): CacheError {
  return new CacheError(message, { operation, reach: 'host', problem: 'failed' })
}
