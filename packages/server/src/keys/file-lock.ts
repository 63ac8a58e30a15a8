import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { systemClock } from '@lingpai/core'

/** A change takes milliseconds: after this time its writer is gone, also on another host. */
const longestMs = 10_000

/** The right to change a file. */
export interface FileLock {
  /** Whether it is held still: a process that was stopped for long has lost it. */
  isHeld(): Promise<boolean>
  release(): Promise<void>
}

/**
 * Takes the lock that stands beside a file, and breaks one that a dead process left.
 *
 * @returns `undefined` where a living process holds it
 * @throws the error of the file system
 */
export async function lockFile(path: string): Promise<FileLock | undefined> {
  const lock = `${path}.lock`
  const mark = `${process.pid} ${hostname()} ${randomUUID()}\n`
  if (!(await create(lock, mark)) && !((await breakDead(lock)) && (await create(lock, mark)))) return undefined
  const isHeld = async (): Promise<boolean> => (await readFile(lock, 'utf8').catch(() => '')) === mark
  return {
    isHeld,
    release: async () => {
      if (await isHeld()) await rm(lock, { force: true })
    },
  }
}

async function create(lock: string, mark: string): Promise<boolean> {
  try {
    const file = await open(lock, 'wx', 0o600)
    await file.writeFile(mark).finally(() => file.close())
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Takes a dead process's lock away. @returns whether the way may be free now */
async function breakDead(lock: string): Promise<boolean> {
  const found = await look(lock)
  if (found === undefined) return true
  if (!isDead(found)) return false
  const aside = `${lock}.${randomUUID()}`
  try {
    await rename(lock, aside)
    // Another process may have been faster, and have taken the lock for itself meanwhile: it gets it back.
    const moved = await look(aside)
    if (moved?.text === found.text && moved.mtimeMs === found.mtimeMs) await rm(aside, { force: true })
    else await rename(aside, lock)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return true
}

interface Found {
  readonly text: string
  readonly mtimeMs: number
}

async function look(lock: string): Promise<Found | undefined> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(lock, 'utf8'), stat(lock)])
    return { text, mtimeMs }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function isDead({ text, mtimeMs }: Found): boolean {
  if (Math.abs(systemClock.now() - mtimeMs) > longestMs) return true
  const [pid = '', host] = text.trim().split(' ')
  return host === hostname() && /^\d+$/.test(pid) && !isRunning(Number(pid))
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it runs, and belongs to another user.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
