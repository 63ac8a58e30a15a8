import type { Database } from './database.js'
import { changedSince, lastRevision } from './schema.js'

/** Returns a function that gives the keys of the records written since its last call; all keys the first time. */
export function changedKeys({ peek }: Pick<Database, 'peek'>): () => Promise<readonly string[]> {
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
    return (rows ?? []).flatMap(({ value }) => keyIn(value) ?? [])
  }
}

/** Returns the key of an entry; `undefined` if the entry is damaged or its key was too long to be stored. */
function keyIn(text: unknown): string | undefined {
  try {
    const { key } = JSON.parse(String(text)) as { readonly key?: unknown }
    return typeof key === 'string' ? key : undefined
  } catch {
    return undefined
  }
}
