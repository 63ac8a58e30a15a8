import { ConfigError, isLingpaiError, type Clock, type TokenManager, type TokenSource } from '@lingpai/core'
import type { ServedAccount } from '@lingpai/server'
import type { CommandIo } from '../command-io.js'
import type { ConfiguredAccount } from '../configuration/configuration.js'
import { knownProviders, type AnyProvider } from '../known-providers.js'
import type { Output } from '../output.js'
import { exposures } from '../exposures.js'
import { readSecret } from '../read-secret.js'

/** The sources of a server's accounts across reloads of its configuration. */
export interface AccountPool {
  /**
   * Returns the accounts of a configuration; an unchanged account keeps its source.
   *
   * @throws ConfigError for a secret that cannot be read, or for a changed account that had a token and now gets none
   */
  open(accounts: readonly ConfiguredAccount[]): Promise<readonly ServedAccount[]>
  /** Removes the sources of all other accounts; pending calls may still finish. */
  retainOnly(accounts: readonly ServedAccount[]): void
}

/** What a pool needs. */
export interface AccountPoolParts {
  readonly manager: TokenManager
  readonly io: CommandIo
  readonly output: Output
  /** Called with a warning about a secret that others can read. */
  readonly warn: (text: string) => void
}

/** Longer than a refresh takes. */
const graceMs = 15_000

/** Creates an empty pool. */
export function accountPool({ manager, io, output, warn }: AccountPoolParts): AccountPool {
  const opened = new Map<string, ServedAccount>()
  let current: readonly ServedAccount[] = []

  const make = (account: ConfiguredAccount): ServedAccount => {
    // A function, because core calls it again when upstream rejects the secret: it can be changed without a restart.
    const secret = async (): Promise<string> => {
      const { value } = await readSecret(account, io)
      output.hide(value)
      return value
    }
    const credentials = { ...account.ids, [account.secretField]: secret }
    const sourceOf = (provider: AnyProvider): TokenSource => manager.source(provider, credentials)
    const { name, provider, minLifeSeconds } = account
    const minLife = minLifeSeconds !== undefined && { minLifeSeconds }
    return { name, provider, ...minLife, source: sourceOf(provider), tickets: ticketsOf(account, sourceOf) }
  }
  return {
    open: async (accounts) => {
      for (const account of accounts) {
        const secret = await readSecret(account, io)
        output.hide(secret.value)
        for (const problem of exposures(account, secret)) warn(problem)
      }
      const served = accounts.map((account) => {
        const mark = markOf(account)
        const known = opened.get(mark) ?? make(account)
        opened.set(mark, known)
        return known
      })
      await assertNoneIsLost(current, served)
      current = served
      return served
    },
    retainOnly: (accounts) => {
      const used = new Set(accounts.flatMap(sourcesOf))
      for (const [mark, account] of opened) {
        if (accounts.includes(account)) continue
        opened.delete(mark)
        for (const source of sourcesOf(account)) if (!used.has(source)) retire(manager, source, io.clock)
      }
    },
  }
}

function retire(manager: TokenManager, source: TokenSource, clock: Clock): void {
  source.stopBackgroundRefresh()
  clock.setTimer(() => {
    manager.remove(source)
  }, graceMs)
}

function sourcesOf({ source, tickets = {} }: ServedAccount): readonly TokenSource[] {
  return [source, ...Object.values(tickets)]
}

/** Returns everything that identifies an entry. */
function markOf({ name, providerName, provider: { spec }, ids, secret, minLifeSeconds }: ConfiguredAccount): string {
  return JSON.stringify([name, providerName, spec.kind, spec.baseUrl, spec.apiBaseUrl, ids, secret, minLifeSeconds])
}

function ticketsOf(
  { providerName, provider, overrides }: ConfiguredAccount,
  sourceOf: (provider: AnyProvider) => TokenSource,
): Readonly<Record<string, TokenSource>> {
  const { tickets } = knownProviders[providerName]
  const entries = Object.entries(tickets).map(([name, ticket]): readonly [string, TokenSource] => {
    const derived: AnyProvider = ticket
    return [name, sourceOf(derived.extend({ ...overrides, parent: provider }))]
  })
  return Object.fromEntries(entries)
}

/** Rejects a configuration that replaces an account that has a token by one that gets none. */
async function assertNoneIsLost(before: readonly ServedAccount[], after: readonly ServedAccount[]): Promise<void> {
  const changed = after.filter(({ name, source }) => {
    const old = before.find((account) => account.name === name)
    return old !== undefined && old.source !== source && old.source.peek() !== undefined
  })
  await Promise.all(
    changed.map(async ({ name, source }) => {
      try {
        await source.getAccessToken()
      } catch (error) {
        const words = isLingpaiError(error) ? error.message : 'no token'
        throw new ConfigError(`${name}: the changed account gets no token: ${words}`, { field: `accounts.${name}` })
      }
    }),
  )
}
