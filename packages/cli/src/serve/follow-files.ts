import { isLingpaiError } from '@lingpai/core'
import { watchFile, type AccountRegister, type KeysFile, type RunningTokenServer } from '@lingpai/server'
import type { CommandIo } from '../command-io.js'
import type { Configuration } from '../configuration/configuration.js'
import { loadConfiguration, type LoadOptions } from '../configuration/load-configuration.js'
import type { AccountPool } from './account-pool.js'
import { readTlsFiles } from './server-files.js'

/** What a running `lingpai serve` is made of. */
export interface ServeParts {
  readonly io: CommandIo
  /** What the command line says goes before the file, also when it is read again. */
  readonly options: LoadOptions
  readonly configuration: Configuration
  readonly server: RunningTokenServer
  readonly register: AccountRegister
  readonly pool: AccountPool
  readonly keys: KeysFile
}

/** Takes over what changes in the files of a running server, on SIGHUP and by itself. @returns Ends it. */
export function followFiles(parts: ServeParts): () => void {
  const { io, configuration, keys } = parts
  const { path, server } = configuration
  let queue = Promise.resolve()
  // One after the other: what was read last has to be what holds.
  const inTurn = (what: string, work: () => Promise<void>) => (): void => {
    queue = queue.then(work).catch((error: unknown) => {
      tellRefused(parts, what, error)
    })
  }
  const accounts = inTurn('the configuration', () => reloadAccounts(parts))
  const tls = inTurn('the certificate', () => reloadTls(parts))
  const watched = [server.tls?.cert, server.tls?.key].filter((file) => file !== undefined)
  const ends = [
    ...(path === undefined ? [] : [watchFile(path, io.clock, accounts)]),
    ...watched.map((file) => watchFile(file, io.clock, tls)),
    io.onReload?.(() => {
      accounts()
      tls()
      void keys.reload()
    }),
  ]
  return () => {
    for (const end of ends) end?.()
  }
}

async function reloadAccounts({ io, options, configuration, pool, register, server }: ServeParts): Promise<void> {
  const next = await loadConfiguration(io, { ...options, config: configuration.path })
  const accounts = await pool.open(next.accounts)
  register.replace(accounts)
  pool.keepOnly(accounts)
  const { log } = server.app
  log.info({ accounts: accounts.map(({ name }) => name) }, 'the configuration was read again')
  const stuck = changesForRestart(configuration, next)
  if (stuck.length > 0) log.warn({ fields: stuck }, 'these changes need a restart')
}

async function reloadTls({ configuration, server }: ServeParts): Promise<void> {
  const { server: settings } = configuration
  if (settings.tls === undefined) return
  const { log } = server.app
  server.setTls(
    await readTlsFiles(settings.tls, {
      allowWorldReadable: configuration.allowWorldReadable,
      warn: (text) => {
        log.warn(text)
      },
    }),
  )
  log.info('the certificate was read again')
}

/** What was there goes on; a half-written file is followed by a whole one. */
function tellRefused({ server }: ServeParts, what: string, error: unknown): void {
  const problem = isLingpaiError(error) ? error.message : String((error as Partial<Error>).name)
  server.app.log.error({ problem }, `${what} is refused; the old one stays`)
}

function changesForRestart(before: Configuration, after: Configuration): readonly string[] {
  const fields = ['allowWorldReadable', 'cache', 'timeoutMs', 'language', 'server'] as const
  return fields.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]))
}
