import { linkSync, readdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeState, type State } from '../src/state.js'
import { readState as readThrough, transact, type StateLog } from '../src/state-log.js'
import { commit, set, take, type Transition } from '../src/transitions.js'
import { stateMemory } from '../src/state-memory.js'
import { temporaryDirectories } from '../../testing/test/support/temporary-directory.js'

const temporaryDirectory = temporaryDirectories()
const key = 'lingpai:1:qq-bot:bot:https%3A%2F%2Fapi.bot.qq.com:10001:5d41'
const now = (): number => 1_800_000_000_000

async function newLog(): Promise<StateLog> {
  return { key, directory: join(await temporaryDirectory(), 'entry'), now }
}

const readState = (log: StateLog): Promise<State> => readThrough(log, stateMemory())

/** What other processes do meanwhile: publish states and remove older ones. */
function meanwhile(log: StateLog, states: Record<number, State>, gone: readonly number[] = []): void {
  for (const [number, state] of Object.entries(states)) {
    writeFileSync(join(log.directory, `${number}.json`), encodeState(key, state), { flag: 'wx' })
  }
  for (const number of gone) unlinkSync(join(log.directory, `${String(number)}.json`))
}

/** A transition with an event between its first decision and its publication. */
function interrupted<T>(transition: Transition<T>, event: () => void): Transition<T> {
  let runs = 0
  return (state) => {
    const decision = transition(state)
    if (++runs === 1) event()
    return decision
  }
}

test('states are numbered from 1, and the previous one is kept', async () => {
  const log = await newLog()
  for (const value of ['a', 'b', 'c', 'd']) await transact(log, set(value, undefined))
  expect((await readdir(log.directory)).sort()).toEqual(['3.json', '4.json'])
  expect((await readState(log)).value).toBe('d')
})

test('a transition that changes nothing creates no file and no directory', async () => {
  const log = await newLog()
  expect(await transact(log, commit('a', 'value', undefined))).toBe(false)
  expect(await stat(log.directory).catch(() => 'absent')).toBe('absent')
})

test('a transition runs again on the new state if another process is faster', async () => {
  const log = await newLog()
  await transact(log, set('one', undefined))
  const taking = interrupted(take('a', 1000, now), () => {
    meanwhile(log, { 2: { writeId: 'w2', value: 'two', lease: { holder: 'b', untilMs: now() + 500, ttlMs: 500 } } })
  })
  expect(await transact(log, taking)).toBe(false)
  expect(await readState(log)).toMatchObject({ value: 'two', lease: { holder: 'b' } })
})

test('a commit on a number that others left free returns false and gives the number back', async () => {
  const log = await newLog()
  await transact(log, take('a', 1000, now))
  const newer: State = { writeId: 'w5', value: 'newer' }
  const committing = interrupted(commit('a', 'stale', undefined), () => {
    meanwhile(log, { 4: { writeId: 'w4', value: 'new' }, 5: newer }, [1])
  })
  expect(await transact(log, committing)).toBe(false)
  expect((await readdir(log.directory)).sort()).toEqual(['4.json', '5.json'])
  expect(await readState(log)).toEqual(newer)
})

test('a take on a number that others left free returns false while they hold the lease', async () => {
  const log = await newLog()
  await transact(log, set('one', undefined))
  const taking = interrupted(take('a', 1000, now), () => {
    meanwhile(log, { 5: { writeId: 'w5', lease: { holder: 'b', untilMs: now() + 500, ttlMs: 500 } } }, [1])
  })
  expect(await transact(log, taking)).toBe(false)
  expect((await readState(log)).lease?.holder).toBe('b')
})

test('a write on a number that others left free is repeated on top', async () => {
  const log = await newLog()
  await transact(log, set('one', undefined))
  const lease = { holder: 'b', untilMs: now() + 500, ttlMs: 500 }
  await transact(
    log,
    interrupted(set('mine', undefined), () => {
      meanwhile(log, { 5: { writeId: 'w5', value: 'new', lease } }, [1])
    }),
  )
  expect(await readState(log)).toMatchObject({ value: 'mine', lease })
  expect((await readdir(log.directory)).sort()).toEqual(['5.json', '6.json'])
})

test('a temporary file that was removed meanwhile is written again', async () => {
  const log = await newLog()
  await transact(log, set('one', undefined))
  await transact(
    log,
    interrupted(set('two', undefined), () => {
      rmSync(log.directory, { recursive: true })
    }),
  )
  expect((await readState(log)).value).toBe('two')
})

test('a stray state below the top is removed by the next write', async () => {
  const log = await newLog()
  for (const value of ['a', 'b', 'c', 'd']) await transact(log, set(value, undefined))
  meanwhile(log, { 1: { writeId: 'stray', value: 'stray' } })
  expect((await readState(log)).value).toBe('d')
  await transact(log, set('e', undefined))
  expect((await readdir(log.directory)).sort()).toEqual(['4.json', '5.json'])
})

test('temporary files of a dead writer are removed after a minute, and foreign files are not', async () => {
  const log = await newLog()
  await mkdir(log.directory)
  const uuid = '01234567-89ab-cdef-0123-456789abcdef'
  const names = [`7.${uuid}.tmp`, `8.${uuid}.tmp`, 'notes.tmp', 'notes.txt']
  for (const name of names) await writeFile(join(log.directory, name), 'half')
  for (const name of names.filter((candidate) => !candidate.startsWith('8'))) {
    await utimes(join(log.directory, name), new Date(), new Date(Date.now() - 61_000))
  }
  await transact(log, set('one', undefined))
  expect((await readdir(log.directory)).sort()).toEqual(['1.json', `8.${uuid}.tmp`, 'notes.tmp', 'notes.txt'])
})

test('a reader that finds a state missing looks again', async () => {
  const log = await newLog()
  await transact(log, set('value 0', undefined))
  const writing = (async () => {
    for (let round = 1; round <= 50; round++) await transact(log, set(`value ${String(round)}`, undefined))
  })()
  let last = 0
  for (let round = 0; round < 200; round++) {
    const seen = Number((await readState(log)).value?.split(' ')[1])
    expect(seen).toBeGreaterThanOrEqual(last)
    last = seen
  }
  await writing
})

test('a transition that always loses rejects instead of looping', async () => {
  const log = await newLog()
  await transact(log, set('one', undefined))
  const endless: Transition<void> = () => {
    const numbers = readdirSync(log.directory).map((name) => Number.parseInt(name))
    const next = String(Math.max(...numbers) + 1)
    linkSync(join(log.directory, `${String(Math.max(...numbers))}.json`), join(log.directory, `${next}.json`))
    return { next: { writeId: 'late' }, answer: undefined }
  }
  await expect(transact(log, endless)).rejects.toMatchObject({ code: 'ERR_LINGPAI_CACHE' })
})
