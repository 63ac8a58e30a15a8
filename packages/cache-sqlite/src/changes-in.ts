import type { CacheChange } from '@lingpai/core'
import type { Database } from './database.js'
import { changedSince, lastRevision } from './schema.js'

/** Returns a function that gives the records written since its last call; all the first time. */
export function changesIn({ peek }: Pick<Database, 'peek'>): () => Promise<readonly CacheChange[]> {
  let seen = 0
  return async () => {
    const rows = await peek(async (sqlite) => {
      const [last] = await sqlite.query(lastRevision)
      const revision = Number(last?.['revision'])
      if (revision === seen) return []
      // The file was replaced, and its revisions start again.
      const since = revision < seen ? 0 : seen
      const changed = await sqlite.query(changedSince, since)
      seen = revision
      return changed
    })
    return (rows ?? []).flatMap(({ value }) => changeIn(value) ?? [])
  }
}

/** Returns what was written; `undefined` if the entry is damaged or its key was too long to be stored. */
function changeIn(text: unknown): CacheChange | undefined {
  try {
    const { key } = JSON.parse(String(text)) as { readonly key?: unknown }
    return typeof key === 'string' ? { key } : undefined
  } catch {
    return undefined
  }
}
