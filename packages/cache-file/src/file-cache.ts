import { join, resolve } from 'node:path'
import { ClosedError, ConfigError, systemClock, type Clock, type IAccessTokenCache } from '@lingpai/core'
import { configErrors, assertReady, expandHome, holdingProcess, polledFeed, ignore } from '@lingpai/core/internal'
import { logChange, loggedChanges, watchLog } from './change-log.js'
import { forgetEntries } from './forget-entries.js'
import { tightenCacheDirectory } from './private-directory.js'
import { maxValueBytes, nameOfKey } from './state.js'
import { readState, transact, type StateLog } from './state-log.js'
import { stateMemory } from './state-memory.js'
import { commit, release, remove, set, take, type Transition } from './transitions.js'

const malformed = configErrors('fileCache')

/** Options of `fileCache`. */
export interface FileCacheOptions {
  /** Directory on a local file system; created if missing, with mode 0700. Relative to the working directory; `~` is the home. */
  readonly directory: string
  /** Tells the time, which must be the same for all processes; a test passes its test clock. @default systemClock */
  readonly clock?: Pick<Clock, 'now'>
}

/**
 * Stores records in files that survive a crash at any moment. All processes of the host share them, with a lease that fences.
 *
 * Its methods reject with the system's error (`ENOSPC`, `EACCES` …) when a file cannot be read or written; the stored value is then
 * unchanged. A damaged file is a miss, and the next write replaces it.
 *
 * @throws ConfigError if `directory` is missing, empty or invalid
 * @example
 * ```ts
 * import { fileCache } from '@lingpai/cache-file'
 * import { TokenManager } from '@lingpai/core'
 *
 * const tokens = new TokenManager({ cache: fileCache({ directory: '~/.cache/my-bot' }) })
 * ```
 */
export function fileCache({ directory, clock = systemClock }: FileCacheOptions): IAccessTokenCache {
  const now = (): number => clock.now()
  const root = resolveDirectory(directory)
  const inTurn = turns()
  const memory = stateMemory()
  const feed = polledFeed(loggedChanges(root), watchLog(root))
  const forget = forgetEntries(root, now)
  let closed = false
  let isForgetPlanned = false
  let tightening: Promise<void> | undefined

  const logOf = (key: string): StateLog => {
    if (closed) throw new ClosedError('fileCache: the cache is closed')
    return { key, directory: join(root, nameOfKey(key)), now }
  }
  /** Removes what others left behind, once for all writes until it begins. No caller waits for it. */
  const forgetSoon = (): void => {
    if (isForgetPlanned) return
    isForgetPlanned = true
    void inTurn('', async () => {
      isForgetPlanned = false
      await forget()
    })
  }
  const step = async <T>(key: string, transition: Transition<T>, written?: string): Promise<T> => {
    const log = logOf(key)
    return holdingProcess(async () =>
      inTurn(key, async () => {
        await (tightening ??= tightenCacheDirectory(root).catch(ignore))
        const announce = written === undefined ? undefined : async (): Promise<void> => logChange(root, key, written)
        const answer = await transact(log, transition, announce)
        if (written !== undefined && answer !== false) forgetSoon()
        return answer
      }),
    )
  }

  const cache: IAccessTokenCache = {
    reach: 'host',
    get: async (key) => {
      const { value, expiresAtMs = Infinity } = await holdingProcess(async () => readState(logOf(key), memory))
      return now() < expiresAtMs ? value : undefined
    },
    set: async (key, value, expiresAtMs) => step(key, set(checkValue(value), checkExpiry(expiresAtMs)), value),
    remove: async (key) => step(key, remove()),
    lease: {
      take: async (key, holder, ttlMs) => step(key, take(holder, checkTtl(ttlMs), now)),
      commit: async (key, holder, value, expiresAtMs) =>
        step(key, commit(holder, checkValue(value), checkExpiry(expiresAtMs)), value),
      release: async (key, holder) => step(key, release(holder)),
    },
    subscribe: feed.subscribe,
    ready: async () => assertReady('fileCache', cache),
    close: async () => {
      closed = true
      feed.close()
      await inTurn.idle()
    },
  }
  return cache
}

/** Orders the writes of this process to one key, so that they do not compete for a number needlessly. */
function turns(): (<T>(key: string, action: () => Promise<T>) => Promise<T>) & { idle: () => Promise<void> } {
  const last = new Map<string, Promise<unknown>>()
  const inTurn = <T>(key: string, action: () => Promise<T>): Promise<T> => {
    const turn = (last.get(key) ?? Promise.resolve()).then(action)
    const end = turn.catch(ignore).then(() => {
      if (last.get(key) === end) last.delete(key)
    })
    last.set(key, end)
    return turn
  }
  const idle = async (): Promise<void> => {
    while (last.size > 0) await Promise.all(last.values())
  }
  return Object.assign(inTurn, { idle })
}

function resolveDirectory(directory: unknown): string {
  if (directory === undefined || directory === '') {
    throw new ConfigError('fileCache: "directory" must be the path of a directory', {
      field: 'directory',
      problem: directory === '' ? 'empty' : 'missing',
    })
  }
  if (typeof directory !== 'string' || directory.includes('\0')) throw malformed('directory', 'must be a path')
  return resolve(expandHome(directory) ?? unknownHome())
}

function unknownHome(): never {
  throw malformed('directory', 'must not begin with the home of another user: write the absolute path')
}

function checkValue(value: unknown): string {
  if (typeof value !== 'string') throw malformed('value', 'must be a string')
  if (Buffer.byteLength(JSON.stringify(value)) > maxValueBytes) throw malformed('value', 'is too long')
  return value
}

function checkExpiry(expiresAtMs: number | undefined): number | undefined {
  if (expiresAtMs === undefined || expiresAtMs === Infinity) return undefined
  if (!Number.isFinite(expiresAtMs)) throw malformed('expiresAtMs', 'must be a finite number')
  return expiresAtMs
}

function checkTtl(ttlMs: number): number {
  if (!Number.isFinite(ttlMs) || ttlMs <= 0) throw malformed('ttlMs', 'must be a positive number')
  return ttlMs
}
