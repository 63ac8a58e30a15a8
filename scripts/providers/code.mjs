import { facadeList, platformLists } from './siblings.mjs'
import { camelCase } from '../new/words.mjs'

const origin = '// Generated from packages/provider-*: npm run providers'

/** Path to text of every generated source that names the provider packages. */
export function generatedSources(providers) {
  const imported = providers.map(({ name, packageName }) => ({ name: camelCase(name), packageName }))
  const values = providers.flatMap(({ accounts }) => accounts.map(({ value }) => value))
  return [
    [
      'packages/cli/src/provider-manifests.ts',
      `${origin}
import type { Secret } from '@lingpai/core'
import type { ProviderManifest } from '@lingpai/core/internal'
${imported.map(({ name, packageName }) => `import { manifest as ${name} } from '${packageName}/manifest'`).join('\n')}

/** Any credentials, by field. */
export type AnyCredentials = Readonly<Record<string, Secret>>

/** A value of \`provider:\` in the configuration. */
export type ProviderName = ${values.map((value) => `'${value}'`).join(' | ')}

const manifests: readonly object[] = [${imported.map(({ name }) => name).join(', ')}]

/** What the provider packages of this repository say about themselves. */
export const providerManifests = manifests as readonly ProviderManifest<AnyCredentials>[]
`,
    ],
    [
      'fixtures/consumer-ts-minimum/without-node/providers.ts',
      `${origin}
${providers.map(({ providers: own, packageName }) => `export { ${Object.keys(own).join(', ')} } from '${packageName}'`).join('\n')}
`,
    ],
    ...facadeList(),
    ...platformLists(),
    [
      'packages/server/page/assets/provider-titles.js',
      `${origin}

/** Short names of the platforms, by the ids of their providers. */
export const providerTitles = ${JSON.stringify({ en: titles(providers, 'en'), zh: titles(providers, 'zh') })}
`,
    ],
  ]
}

function titles(providers, language) {
  const pairs = providers.flatMap(({ accounts, manifest }) =>
    accounts.map(({ provider }) => [provider.id, manifest.title[language]]),
  )
  return Object.fromEntries(pairs)
}
