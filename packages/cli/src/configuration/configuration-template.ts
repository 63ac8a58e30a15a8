import type { CommandIo } from '../command-io.js'
import { knownProviders, secretFieldOf, type ProviderName } from '../known-providers.js'

/** A commented `lingpai.yaml`. Ids are taken from the environment where it has them; no secret ever is. */
export function configurationTemplate(names: readonly ProviderName[], cacheUrl: string, env: CommandIo['env']): string {
  return `# yaml-language-server: $schema=./node_modules/@lingpai/cli/lingpai.schema.json
# Configuration of the command lingpai. No secret belongs in here: name the place of each instead.

# Where tokens are kept. memory: is this process only; file:<directory> and sqlite:<file> are shared by all processes of
# this host, redis://<host>:6379/0 by all hosts; its password stands in LINGPAI_CACHE_PASSWORD, not here.
# A relative path is relative to this file. The environment variable LINGPAI_CACHE takes its place.
cache: ${JSON.stringify(cacheUrl)}

# Encrypts what the cache keeps. lingpai keygen makes a key; LINGPAI_CACHE_KEYS, where set, takes the place of this.
# encryption:
#   keysEnv: LINGPAI_CACHE_KEYS

# Bound of one whole refresh, retries included, in milliseconds.
# timeoutMs: 10000

# Language of the hints: en or zh.
# language: zh

# The accounts, by the names that you want to call them by: lingpai token ${names[0] ?? 'name'}
accounts:
${names.map((name) => accountLines(name, env)).join('\n')}`
}

function accountLines(name: ProviderName, env: CommandIo['env']): string {
  const { provider, title, baseUrlEnv } = knownProviders[name]
  const baseUrl = env[baseUrlEnv] ?? ''
  const { spec } = provider
  const ids = spec.account.map((field) => {
    const known = (spec.env?.[field] ?? [])
      .map((variable) => env[variable]?.trim())
      .find((value) => value !== undefined)
    return `    ${field}: ${JSON.stringify(known === undefined || known === '' ? `<${field}>` : known)}`
  })
  const [secretName = 'MY_SECRET'] = spec.env?.[secretFieldOf(provider)] ?? []
  return `  # ${title}
  ${name}:
    provider: ${name}
${ids.join('\n')}
    # The environment variable that holds the secret, or, as ${secretName}_FILE, the path of a file that does.
    secretEnv: ${secretName}
    # Instead of secretEnv: a file with the secret and nothing else, readable by you alone (chmod 600).
    # secretFile: secrets/${name}
    # Another host.
    ${baseUrl === '' ? `# baseUrl: ${spec.baseUrl ?? 'https://example.com'}` : `baseUrl: ${JSON.stringify(baseUrl)}`}
`
}
