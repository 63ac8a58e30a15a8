import { isLingpaiError } from '@lingpai/core'
import { watchFile, type AccountRegister, type KeysFile, type RunningTokenServer } from '@lingpai/server'
import type { CommandIo } from '../command-io.js'
import type { Configuration } from '../configuration/configuration.js'
import { loadConfiguration, type LoadOptions } from '../configuration/load-configuration.js'
import type { AccountPool } from './account-pool.js'
import { readTlsFiles } from './server-files.js'

/** The parts of a running `lingpai serve`. */
export interface ServeParts {
  readonly io: CommandIo
  /** The options of the command line have priority over the file after a reload, too. */
  readonly options: LoadOptions
  readonly configuration: Configuration
  readonly server: RunningTokenServer
  readonly register: AccountRegister
  readonly pool: AccountPool
  readonly keys: KeysFile
}

/** Reloads changed files of a running server, by itself and on SIGHUP. @returns stops following */
export function followFiles(parts: ServeParts): () => void {
  const { io, configuration, keys } = parts
  const { path, server } = configuration
  let queue = Promise.resolve()
  // One after another, so that the last file read is the one in effect.
  const inTurn = (what: string, work: () => Promise<void>) => (): void => {
    queue = queue.then(work).catch((error: unknown) => {
      logRejected(parts, what, error)
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
  pool.retainOnly(accounts)
  const { log } = server.app
  log.info({ accounts: accounts.map(({ name }) => name) }, 'the configuration was reloaded')
  const stuck = changesForRestart(configuration, next)
  if (stuck.length > 0) log.warn({ fields: stuck }, 'these changes require a restart')
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
  log.info('the certificate was reloaded')
}

/** Logs a rejected file. The previous one stays in use, and a half-written file will change again. */
function logRejected({ server }: ServeParts, what: string, error: unknown): void {
  const problem = isLingpaiError(error) ? error.message : String((error as Partial<Error>).name)
  server.app.log.error({ problem }, `${what} was rejected; the previous one stays in use`)
}

function changesForRestart(before: Configuration, after: Configuration): readonly string[] {
  const fields = ['allowWorldReadable', 'cache', 'timeoutMs', 'language', 'server'] as const
  return fields.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]))
}
