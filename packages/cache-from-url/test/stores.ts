import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withFailingLink } from '../../testing/test/support/failing-link.js'
import { startRedis } from '../../testing/test/support/redis-server.js'

/** A store of its own for one test, which any process can open by its URL. */
export interface TestStore {
  readonly url: string
  /** Options of Node for the processes that use it. */
  readonly options?: readonly string[]
  /** Whether the store itself finds nothing wrong with what it keeps. */
  isSound?(): Promise<boolean>
  close(): Promise<void>
}

async function inDirectory(urlIn: (directory: string) => string): Promise<TestStore> {
  const directory = await mkdtemp(join(tmpdir(), 'lingpai-'))
  return { url: urlIn(directory), close: () => rm(directory, { recursive: true, force: true }) }
}

async function sqlite(): Promise<TestStore> {
  const store = await inDirectory((directory) => `sqlite:${directory}/tokens.db`)
  return {
    ...store,
    isSound: async () => {
      const { KeyvSqlite } = await import('@keyv/sqlite')
      const database = new KeyvSqlite({ uri: store.url.replace(':', '://'), table: 'lingpai' })
      const [found] = (await database.query('PRAGMA integrity_check')) as readonly { integrity_check: string }[]
      await database.disconnect()
      return found?.integrity_check === 'ok'
    },
  }
}

async function redis(): Promise<TestStore> {
  const { url, close } = await startRedis()
  return { url, close }
}

/** The stores that processes share. `jest.config.ts` says which of them this machine lacks. */
export const stores: readonly (readonly [name: string, open: () => Promise<TestStore>])[] = [
  ['file', () => inDirectory((directory) => `file:${directory}/tokens`)],
  ...(process.env['LINGPAI_TEST_SQLITE'] === 'missing' ? [] : ([['sqlite', sqlite]] as const)),
  ...(process.env['LINGPAI_TEST_REDIS'] === 'missing' ? [] : ([['redis', redis]] as const)),
]

/** A directory on a file system that has no hard links. */
export const withoutHardLinks = [
  'file without hard links',
  async (): Promise<TestStore> => ({
    ...(await inDirectory((directory) => `file:${directory}/tokens`)),
    options: withFailingLink('EPERM'),
  }),
] as const
