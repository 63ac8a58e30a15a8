import type { Database } from './database.js'
import { changedSince, lastRevision } from './schema.js'

/** Gives, each time it is asked, the keys of the records that were written since; the first time, of all. */
export function changedKeys({ peek }: Pick<Database, 'peek'>): () => Promise<readonly string[]> {
  let seen = 0
  return async () => {
    const rows = await peek(async (sqlite) => {
      const [last] = await sqlite.query(lastRevision)
      const revision = Number(last?.['revision'])
      if (revision === seen) return []
      // Another file stands there now, which counts from the beginning.
      const since = revision < seen ? 0 : seen
      const changed = await sqlite.query(changedSince, since)
      seen = revision
      return changed
    })
    return (rows ?? []).flatMap(({ value }) => keyIn(value) ?? [])
  }
}

/** The key that an entry was written for; `undefined` for a damaged one, and where it is too long to be written. */
function keyIn(text: unknown): string | undefined {
  try {
    const { key } = JSON.parse(String(text)) as { readonly key?: unknown }
    return typeof key === 'string' ? key : undefined
  } catch {
    return undefined
  }
}
