import { camelCase } from '../new/words.mjs'

const origin = '// Generated from packages/provider-*: npm run providers'

/** Path to text of every source that names every provider package. */
export function generatedSources(providers) {
  const imported = providers.map(({ name, packageName }) => ({ name: camelCase(name), packageName }))
  return [
    [
      'packages/cli/src/provider-manifests.ts',
      `${origin}
${imported.map(({ name, packageName }) => `import { manifest as ${name} } from '${packageName}/manifest'`).join('\n')}

/** The provider packages of this repository. */
export const providerManifests = [${imported.map(({ name }) => name).join(', ')}] as const
`,
    ],
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
