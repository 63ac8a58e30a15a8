import { camelCase, fence, pascalCase, upperCase } from './words.mjs'

/** The files of a provider package, path to text. */
export function providerFiles(name) {
  return {
    'README.md': readme(name),
    'src/index.ts': `export { ${camelCase(name)}, type ${pascalCase(name)}Credentials } from './${name}.js'\n`,
    [`src/${name}.ts`]: source(name),
    'src/manifest.ts': manifest(name),
    'test/conformance.test.ts': test(name),
  }
}

function source(name) {
  return `import { defineProvider, type Secret } from '@lingpai/core'

/** Credentials of an app. */
export interface ${pascalCase(name)}Credentials {
  /** Id of the app; public. */
  readonly appId: string
  /** Its secret. */
  readonly appSecret: Secret
}

/**
 * Access token of ${name}.
 *
 * @see https://example.com/
 */
export const ${camelCase(name)} = defineProvider<${pascalCase(name)}Credentials>({
  id: '${name}',
  // Fill in: the page that documents the token request, here and above, and the day you read it
  source: { url: 'https://example.com/', readOn: '${new Date().toISOString().slice(0, 10)}' },
  // Fill in: the credentials, public and secret, and their environment variables
  account: ['appId'],
  secrets: ['appSecret'],
  env: { appId: ['${upperCase(name)}_APP_ID'], appSecret: ['${upperCase(name)}_APP_SECRET'] },
  // Fill in: the host, and the request below
  baseUrl: 'https://api.example.com',
  // Fill in: when upstream issues a new token, and how long the old one works
  renewal: { mode: 'sticky', windowSeconds: 300 },
  // Fill in: the fields of a response, and where an API call carries the token
  response: { token: 'access_token', expiresIn: 'expires_in', code: ['errcode'], message: 'errmsg' },
  placement: { in: 'header', name: 'Authorization', scheme: 'Bearer' },
  // Fill in: the codes by class, and what each means
  errors: {
    token: { 'credential-invalid': [40001], transient: [-1] },
    api: { 'token-invalid': [40014], 'token-expired': [42001] },
  },
  perCode: {
    '-1': { note: { en: 'the platform is busy', zh: '平台繁忙' } },
    40001: { note: { en: 'secret wrong', zh: '密钥错误' } },
    40014: { note: { en: 'the token is invalid', zh: '令牌无效' } },
    42001: { note: { en: 'the token expired', zh: '令牌已过期' } },
  },
  request: ({ appId, appSecret }) => ({ method: 'POST', url: '/token', json: { appId, appSecret } }),
})
`
}

function manifest(name) {
  const title = pascalCase(name)
  return `import type { ProviderManifest } from '@lingpai/core/internal'
import { ${camelCase(name)}, type ${title}Credentials } from './${name}.js'

/** What the command, the docs and the status page say about this package. */
export const manifest: ProviderManifest<${title}Credentials> = {
  // Fill in: the platform's name, and what the tokens are for, in both languages
  title: { en: '${title}', zh: '${title}' },
  summary: { en: '${title} apps', zh: '${title} 应用' },
  accounts: { '${name}': { provider: ${camelCase(name)}, title: { en: '${title} app', zh: '${title} 应用' } } },
  baseUrlEnv: '${upperCase(name)}_BASE_URL',
}
`
}

function test(name) {
  return `import { ${camelCase(name)} } from '@lingpai/provider-${name}'
import { providerConformance } from '@lingpai/testing/conformance'

// Fill in: responses as the platform really sent them
providerConformance(test, ${camelCase(name)}, {
  credentials: { appId: 'app1', appSecret: 'secret' },
  ok: { access_token: 'T1', expires_in: 7200 },
  tokenErrors: [{ body: { errcode: 40001, errmsg: 'invalid credential' }, errorClass: 'credential-invalid' }],
  apiErrors: [{ body: { errcode: 42001, errmsg: 'token expired' }, errorClass: 'token-expired' }],
})
`
}

function readme(name) {
  return `# @lingpai/provider-${name}

Access tokens of ${name} for Lingpai: endpoints, renewal times and error codes as data with sources. It does no I/O of its own.

${fence}ts
import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager } from '@lingpai/core'
import { ${camelCase(name)} } from '@lingpai/provider-${name}'

const tokens = new TokenManager({ cache: memoryCache() })
const source = tokens.source(${camelCase(name)}, ${camelCase(name)}.credentialsFromEnv())

console.log(await source.getAccessToken())
${fence}
`
}
