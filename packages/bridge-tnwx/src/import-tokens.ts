import { systemClock, type TokenRecord, type TokenSource } from '@lingpai/core'
import { configErrors } from '@lingpai/core/internal'
import { tnwxEntryOf, type TnwxEntry } from './tnwx-entry.js'

/**
 * What came of the stored token of one source.
 *
 * - `adopted`: it is the account's token now
 * - `known`: the account has a usable token already, which stays
 * - `missing`: nothing is stored for the account
 * - `expired`: it is, but no longer usable
 * - `malformed`: what is stored is not a token of TNW, such as an error of the platform
 * - `failed`: it could not be adopted, for the reason of `error`
 */
export type ImportedToken = { readonly source: TokenSource } & (
  | { readonly kind: 'adopted' | 'known'; readonly record: TokenRecord }
  | { readonly kind: 'missing' | 'expired' | 'malformed' }
  | { readonly kind: 'failed'; readonly error: unknown }
)

/**
 * Takes over the tokens and tickets that TNW has stored, so that living ones are not requested again. The store is only read. An account
 * that has a usable token keeps it, so it does no harm to import twice.
 *
 * @param store where TNW keeps them: your `ICache`, or a `Map` from TNW's keys to its JSON texts
 * @param sources as for {@link bridgeTnwx}
 * @throws ConfigError for a source of another platform. Whatever else goes wrong is an outcome of one source
 */
export async function importTnwxTokens(
  store: { get(key: string): unknown },
  sources: Iterable<TokenSource>,
): Promise<readonly ImportedToken[]> {
  const named = Array.from(sources, (source) => [source, tnwxEntryOf(source.account)] as const)
  const foreign = named.find(([, entry]) => entry === undefined)
  if (foreign !== undefined) {
    const mustBe = `must be tokens and tickets of WeChat and WeCom, not of ${String(foreign[0])}`
    throw configErrors('importTnwxTokens')('sources', mustBe, 'conflict')
  }
  return Promise.all(
    named.flatMap(([source, entry]) => (entry === undefined ? [] : [importToken(store, source, entry)])),
  )
}

async function importToken(
  store: { get(key: string): unknown },
  source: TokenSource,
  entry: TnwxEntry,
): Promise<ImportedToken> {
  try {
    const text = await store.get(entry.key)
    if (text === undefined || text === null || text === '') return { source, kind: 'missing' }
    const { errcode, expired_time: expiresAtMs, [entry.field]: value } = fieldsIn(text)
    if (typeof value !== 'string' || typeof expiresAtMs !== 'number' || Boolean(errcode)) {
      return { source, kind: 'malformed' }
    }
    if (expiresAtMs <= systemClock.now()) return { source, kind: 'expired' }
    const record = await source.adopt({ value, expiresAtMs }, { onlyIfNone: true })
    return { source, kind: record.value === value ? 'adopted' : 'known', record }
  } catch (error) {
    return { source, kind: 'failed', error }
  }
}

function fieldsIn(text: unknown): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(String(text))) as Readonly<Record<string, unknown>>
  } catch {
    return {}
  }
}
