/** Redis keys of an entry. All keys of one account hash to one slot of a cluster. */
export interface EntryKeys {
  readonly record: string
  readonly lease: string
}

const failureSuffix = ':failure'

/**
 * Returns the keys of an entry: `lingpai:{<key>}`, and its lease beside it. A failure note belongs to the account of its record, so it
 * has the same hash tag: `lingpai:{<key>}:failure`.
 */
export function entryKeys(key: string): EntryKeys {
  const isNote = key.length > failureSuffix.length && key.endsWith(failureSuffix)
  const account = isNote ? key.slice(0, -failureSuffix.length) : key
  const record = `lingpai:{${tagOf(account)}}${isNote ? failureSuffix : ''}`
  return { record, lease: `${record}:lease` }
}

/** Escapes braces, which would end the hash tag early. */
function tagOf(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('{', '~1').replaceAll('}', '~2')
}
