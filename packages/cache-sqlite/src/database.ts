import { systemClock } from '@lingpai/core'
import { ignore } from '@lingpai/core/internal'
import { denialOf, fileIdentity, moveDamagedAside, type FileIdentity } from './database-file.js'
import type { SqliteStore } from './driver.js'
import { openConnection, type Connection } from './open-connection.js'
import { codedError, isBusy, isDamage, isDenied, isFull, isHopeless } from './sqlite-error.js'

/** A database file that is opened when needed, and opened again after it was replaced. */
export interface Database {
  /**
   * Runs single statements on the file at the path. If the file was deleted or replaced meanwhile, they run again on its successor, so
   * that the result is always about the file that others see.
   *
   * @param waitMs how long to wait for a lock
   */
  run<T>(action: (store: SqliteStore) => Promise<T>, waitMs?: number): Promise<T>
  /** Like `run`, but only if there is a file; does not create one. */
  peek<T>(action: (store: SqliteStore) => Promise<T>): Promise<T | undefined>
  /** Waits for running actions, and closes the file. */
  close(): Promise<void>
}

/** Path of the file, how long to wait for a lock, and a callback for damage. */
export interface DatabaseOptions {
  readonly path: string
  readonly busyTimeoutMs: number
  readonly now: () => number
  readonly onDamaged: (movedTo: string) => void
}

/** Maximum time that one of libuv's few threads is blocked by a lock; then other queries get their turn. */
const sliceMs = 50
/** After this many rounds the file was not replaced but is unusable. */
const mostRounds = 4

/** Does not open the file yet. */
export function database({ path, busyTimeoutMs, now, onDamaged }: DatabaseOptions): Database {
  const inTurn = turns()
  let connection: Connection | undefined
  let bytes = 0n

  const drop = async (): Promise<void> => {
    const dropped = connection
    connection = undefined
    bytes = 0n
    await dropped?.store.close().catch(ignore)
  }
  /** A database that became shorter was truncated and must be checked again. */
  const isCurrent = ({ inode }: Connection, found: FileIdentity | undefined): boolean => {
    if (found?.inode !== inode || found.bytes < bytes) return false
    bytes = found.bytes
    return true
  }
  const opened = async (): Promise<Connection> => {
    if (connection !== undefined && !isCurrent(connection, fileIdentity(path))) await drop()
    connection ??= await openConnection({
      path,
      openTimeoutMs: busyTimeoutMs,
      queryTimeoutMs: Math.min(sliceMs, busyTimeoutMs),
      now,
    })
    return connection
  }
  const heal = async (error: unknown, inode: string | undefined): Promise<void> => {
    await drop()
    if (!isDamage(error) || inode === undefined) return
    const movedTo = await moveDamagedAside(path, inode, now)
    if (movedTo !== undefined) tell(onDamaged, movedTo)
  }
  const attempt = async <T>(action: (store: SqliteStore) => Promise<T>): Promise<T> => {
    for (let round = 1; ; round++) {
      const inode = connection?.inode ?? fileIdentity(path)?.inode
      try {
        const current = await opened()
        const answer = await action(current.store)
        if (isCurrent(current, fileIdentity(path))) return answer
        throw codedError('SQLITE_READONLY')
      } catch (error) {
        if (isBusy(error) || isFull(error) || isHopeless(error)) throw error
        await heal(error, inode)
        const denial = isDenied(error) ? await denialOf(path) : undefined
        if (denial !== undefined) throw denial
        if (round === mostRounds) throw error
      }
    }
  }
  const run: Database['run'] = async (action, waitMs = busyTimeoutMs) => {
    const endsAtMs = systemClock.monotonic() + waitMs
    for (;;) {
      try {
        return await inTurn(async () => attempt(action))
      } catch (error) {
        if (!isBusy(error) || systemClock.monotonic() >= endsAtMs) throw error
      }
    }
  }
  return {
    run,
    peek: async (action) => (fileIdentity(path) === undefined ? undefined : run(action, 0)),
    close: async () => inTurn(drop),
  }
}

/** Runs one query at a time. A connection does no more anyway, and each waiting query would block a thread of libuv. */
function turns(): <T>(action: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return async (action) => {
    const turn = last.then(action)
    last = turn.catch(ignore)
    return turn
  }
}

function tell(listener: (movedTo: string) => void, movedTo: string): void {
  try {
    listener(movedTo)
  } catch {
    // Listener errors are ignored.
  }
}
