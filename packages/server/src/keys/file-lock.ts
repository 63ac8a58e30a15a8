import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { systemClock } from '@lingpai/core'

/** A change takes milliseconds, so an older lock belongs to a dead process, possibly on another host. */
const longestMs = 10_000

/** An exclusive right to change a file. */
export interface FileLock {
  /** Whether this process still holds the lock: one that was suspended for long has lost it. */
  isHeld(): Promise<boolean>
  release(): Promise<void>
}

/**
 * Takes the lock beside a file, and breaks a lock of a dead process.
 *
 * @returns `undefined` if a living process holds it
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

/** Removes the lock of a dead process. @returns whether the lock may be free now */
async function breakDead(lock: string): Promise<boolean> {
  const found = await look(lock)
  if (found === undefined) return true
  if (!isDead(found)) return false
  const aside = `${lock}.${randomUUID()}`
  try {
    await rename(lock, aside)
    // Another process may have taken the lock since it was read: move it back.
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
    // EPERM: the process runs and belongs to another user.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
