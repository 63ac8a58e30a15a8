import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { packages, root } from '../lib/workspace.mjs'

/**
 * The provider packages: every folder `packages/provider-*`, with its manifest and the providers that its entry exports.
 *
 * @throws for a folder without a manifest
 */
export async function readProviders() {
  const found = packages().filter(({ folder }) => folder.startsWith('provider-'))
  return Promise.all(
    found.map(async ({ folder, name: packageName }) => {
      const source = (file) => join(root, 'packages', folder, 'src', file)
      if (!existsSync(source('manifest.ts'))) throw new Error(`packages/${folder} needs a src/manifest.ts`)
      const { manifest } = await import(pathToFileURL(source('manifest.ts')).href)
      const entry = await import(pathToFileURL(source('index.ts')).href)
      const accounts = Object.entries(manifest.accounts).map(([value, account]) => ({ value, ...account }))
      const tickets = accounts.flatMap((account) => Object.values(account.tickets ?? {}))
      const named = (provider) => [exportName(entry, provider, packageName), provider]
      return {
        packageName,
        /** `wecom`: the end of the folder's name, and the name of its page. */
        name: folder.slice('provider-'.length),
        manifest,
        accounts,
        /** By the names that users import: those of the configuration first, then those that only a program can use. */
        providers: Object.fromEntries([
          ...accounts.map(({ provider }) => named(provider)),
          ...Object.entries(entry).filter(([, value]) => isProvider(value) && !isTicket(value)),
        ]),
        tickets: Object.fromEntries(tickets.map(({ provider }) => named(provider))),
        /** By the same names: what the tickets are for. */
        purposes: Object.fromEntries(tickets.map(({ provider, purpose }) => [named(provider)[0], purpose])),
      }
    }),
  )
}

function isProvider(value) {
  return Array.isArray(value?.spec?.account)
}

function isTicket({ spec }) {
  return spec.placement.in === 'nowhere'
}

function exportName(entry, provider, packageName) {
  const found = Object.entries(entry).find(([, value]) => value === provider)
  if (found === undefined)
    throw new Error(`${packageName} does not export the provider ${provider.id} ${provider.kind}`)
  return found[0]
}
