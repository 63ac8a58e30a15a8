import { open, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openSqlite } from '../harness/sqlite-driver.js'

/**
 * The least that a shared cache must do for cold processes, with the raw driver: one of them wins a lock, asks upstream and stores
 * the token, and the others poll. It survives no crash of the winner.
 */
type GetToken = () => Promise<string>

const pollMs = 5

/** Looks until there is a token. */
async function poll(read: () => Promise<string | undefined>): Promise<string> {
  for (;;) {
    const token = await read()
    if (token !== undefined) return token
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

export function openFileYardstick(directory: string, load: GetToken): GetToken {
  const path = join(directory, 'token')
  const read = (): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined)
  return async () => {
    const found = await read()
    if (found !== undefined) return found
    const lock = await open(`${path}.lock`, 'wx').catch(() => undefined)
    if (lock === undefined) return poll(read)
    const token = await load()
    await writeFile(`${path}.new`, token)
    await rename(`${path}.new`, path)
    await lock.close()
    return token
  }
}

export async function openSqliteYardstick(directory: string, load: GetToken): Promise<GetToken> {
  const database = await openSqlite(join(directory, 'tokens.db'))
  await database.all('PRAGMA journal_mode = WAL', [])
  await database.all('PRAGMA synchronous = NORMAL', [])
  await database.all('CREATE TABLE IF NOT EXISTS tokens (name TEXT PRIMARY KEY, value TEXT)', [])
  const read = async (): Promise<string | undefined> =>
    (await database.all<{ readonly value: string }>("SELECT value FROM tokens WHERE name = 'token'", []))[0]?.value
  return async () => {
    const found = await read()
    if (found !== undefined) return found
    const won = await database.all("INSERT OR IGNORE INTO tokens VALUES ('lock', '') RETURNING name", [])
    if (won.length === 0) return poll(read)
    const token = await load()
    await database.all("INSERT INTO tokens VALUES ('token', ?)", [token])
    return token
  }
}

export async function openRedisYardstick(url: string, load: GetToken): Promise<GetToken> {
  const { createClient } = await import('@keyv/redis')
  const client = createClient({ url })
  await client.connect()
  const read = async (): Promise<string | undefined> => (await client.get('token')) ?? undefined
  return async () => {
    const found = await read()
    if (found !== undefined) return found
    if ((await client.set('lock', '1', { NX: true, PX: 10_000 })) === null) return poll(read)
    const token = await load()
    await client.set('token', token)
    return token
  }
}
