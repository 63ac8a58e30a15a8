import { CacheError } from '@lingpai/core'
import { codeOf } from '@lingpai/core/internal'

/** Another process has the lock; nothing was changed. */
export function isBusy(error: unknown): boolean {
  return ['SQLITE_BUSY', 'SQLITE_LOCKED', 'SQLITE_PROTOCOL'].includes(codeOf(error) ?? '')
}

/** The file is not a database, or is damaged. */
export function isDamage(error: unknown): boolean {
  const codes = [codeOf(error), codeOf((error as { readonly cause?: unknown }).cause)]
  return codes.some((code) => code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB')
}

/** A file cannot be opened or written: its mode denies it, or it was replaced just now. */
export function isDenied(error: unknown): boolean {
  return ['SQLITE_READONLY', 'SQLITE_CANTOPEN'].includes(codeOf(error) ?? '')
}

/** No space is left. The connection is sound, so opening another one does not help. */
export function isFull(error: unknown): boolean {
  return codeOf(error) === 'SQLITE_FULL'
}

/** Retrying does not help: the driver is missing, or the path is not a file. */
export function isHopeless(error: unknown): boolean {
  return (error as { readonly retryable?: unknown }).retryable === false
}

/** Creates an error for a failure that SQLite does not report itself, with the SQLite code that fits best. */
export function codedError(systemCode: 'SQLITE_CORRUPT' | 'SQLITE_NOTADB' | 'SQLITE_READONLY'): CacheError {
  const text = systemCode === 'SQLITE_READONLY' ? 'the file was replaced while in use' : 'the database is damaged'
  const details = { operation: 'get', reach: 'host', problem: 'failed' } as const
  return new CacheError(`sqliteCache: ${text}`, details, { cause: { code: systemCode } })
}
