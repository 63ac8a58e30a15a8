import type { CacheChange } from '../cache.js'
import { parseObject } from '../token-record.js'

/** Builds the notification of a write: the key, and the generation if the value is a record. It never contains the value. */
export function changeMessage(key: string, value: string): string {
  const generation = generationOf(value)
  return JSON.stringify(generation === undefined ? { key } : { key, generation })
}

/** Parses a notification; `undefined` if it is malformed. */
export function readChange(message: string): CacheChange | undefined {
  const { key, generation } = parseObject(message) ?? {}
  if (typeof key !== 'string') return undefined
  return { key, ...(typeof generation === 'number' && { generation }) }
}

function generationOf(value: string): number | undefined {
  const { generation, rejectedCode } = parseObject(value) ?? {}
  // A rejection mark does not change the generation, but every process should still read it.
  return typeof generation === 'number' && rejectedCode === undefined ? generation : undefined
}
