import type { CommandIo } from '../command-io.js'
import { knownProviders, secretFieldOf, type ProviderName } from '../known-providers.js'

/** Creates a commented `lingpai.yaml`. Ids come from the environment if it has them; secrets are never included. */
export function configurationTemplate(names: readonly ProviderName[], cacheUrl: string, env: CommandIo['env']): string {
  return `# yaml-language-server: $schema=./node_modules/@lingpai/cli/lingpai.schema.json
# Configuration of the command lingpai. It must not contain secrets: name the place of each instead.

# Where tokens are stored. memory: is this process only; file:<directory> and sqlite:<file> are shared by all processes on
# this host, redis://<host>:6379/0 by all hosts; set its password in LINGPAI_CACHE_PASSWORD, not here.
# Paths are relative to this file. The environment variable LINGPAI_CACHE overrides this value.
cache: ${JSON.stringify(cacheUrl)}

# Encrypts the cache. lingpai keygen creates a key; the environment variable LINGPAI_CACHE_KEYS overrides this value.
# encryption:
#   keysEnv: LINGPAI_CACHE_KEYS

# Timeout of one refresh, retries included, in milliseconds.
# timeoutMs: 10000

# Language of the hints: en or zh.
# language: zh

# The accounts, by names of your choice: lingpai token ${names[0] ?? 'name'}
accounts:
${names.map((name) => accountLines(name, env)).join('\n')}`
}

const example = 'https://example.com'

function accountLines(name: ProviderName, env: CommandIo['env']): string {
  const { provider, settings, title, baseUrlEnv = '' } = knownProviders[name]
  const baseUrl = env[baseUrlEnv] ?? ''
  const { spec } = provider
  const ids = spec.account.map((field) => {
    const known = (spec.env?.[field] ?? [])
      .map((variable) => env[variable]?.trim())
      .find((value) => value !== undefined)
    return `    ${field}: ${JSON.stringify(known === undefined || known === '' ? `<${field}>` : known)}`
  })
  const others = Object.entries(settings?.fields ?? {}).map(([field, { purpose, env: variable }]) => {
    const known = env[variable]?.trim() ?? ''
    return `    # ${purpose.en}\n    ${known === '' ? `# ${field}: <${field}>` : `${field}: ${JSON.stringify(known)}`}`
  })
  const [secretName = 'MY_SECRET'] = spec.env?.[secretFieldOf(provider)] ?? []
  return `  # ${title}
  ${name}:
    provider: ${name}
${[...ids, ...others].join('\n')}
    # The environment variable with the secret; ${secretName}_FILE may name a file instead.
    secretEnv: ${secretName}
    # Instead of secretEnv: a file that contains only the secret and that only you can read (chmod 600).
    # secretFile: secrets/${name}
    # Another host for the token endpoint and the API.
    ${baseUrl === '' ? `# baseUrl: ${spec.baseUrl ?? example}` : `baseUrl: ${JSON.stringify(baseUrl)}`}
    # Another host for the API only.
    # apiBaseUrl: ${spec.apiBaseUrl ?? spec.baseUrl ?? example}
`
}
