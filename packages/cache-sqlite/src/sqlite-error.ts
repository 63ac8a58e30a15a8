import { CacheError } from '@lingpai/core'
import { codeOf } from './system-error.js'

/** Somebody else has the lock: nothing was done. */
export function isBusy(error: unknown): boolean {
  return ['SQLITE_BUSY', 'SQLITE_LOCKED', 'SQLITE_PROTOCOL'].includes(codeOf(error) ?? '')
}

/** The file is no database, or no whole one. */
export function isDamage(error: unknown): boolean {
  const codes = [codeOf(error), codeOf((error as { readonly cause?: unknown }).cause)]
  return codes.some((code) => code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB')
}

/** No space left: the connection is sound, and opening another one helps nobody. */
export function isFull(error: unknown): boolean {
  return codeOf(error) === 'SQLITE_FULL'
}

/** No other try will go better: the driver is missing, or the path is no file. */
export function isHopeless(error: unknown): boolean {
  return (error as { readonly retryable?: unknown }).retryable === false
}

/** A failure that SQLite does not report by itself, as the one of its own that fits best. */
export function codedError(systemCode: 'SQLITE_CORRUPT' | 'SQLITE_NOTADB' | 'SQLITE_READONLY'): CacheError {
  const text = systemCode === 'SQLITE_READONLY' ? 'the file was replaced while in use' : 'the database is damaged'
  const details = { operation: 'get', reach: 'host', problem: 'failed' } as const
  return new CacheError(`sqliteCache: ${text}`, details, { cause: { code: systemCode } })
}
