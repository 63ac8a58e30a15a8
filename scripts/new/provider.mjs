import { camelCase, fence, pascalCase, upperCase } from './words.mjs'

/** The files of a provider package, path to text. */
export function providerFiles(name) {
  return {
    'README.md': readme(name),
    'src/index.ts': `export { ${camelCase(name)}, type ${pascalCase(name)}Credentials } from './${name}.js'\n`,
    [`src/${name}.ts`]: source(name),
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
 * Access token of ${name}. Every fact below is to carry the page it comes from and the day it was read.
 *
 * @see https://example.com/
 */
export const ${camelCase(name)} = defineProvider<${pascalCase(name)}Credentials>({
  id: '${name}',
  source: { url: 'https://example.com/', readOn: '${new Date().toISOString().slice(0, 10)}' },
  account: ['appId'],
  secrets: ['appSecret'],
  env: { appId: ['${upperCase(name)}_APP_ID'], appSecret: ['${upperCase(name)}_APP_SECRET'] },
  baseUrl: 'https://api.example.com',
  renewal: { mode: 'sticky', windowSeconds: 300 },
  answer: { token: 'access_token', expiresIn: 'expires_in', code: ['errcode'], message: 'errmsg' },
  placement: { in: 'header', name: 'Authorization', scheme: 'Bearer' },
  errors: {
    token: { 'credential-invalid': [40001], transient: [-1] },
    api: { 'token-invalid': [40014], 'token-expired': [42001] },
  },
  request: ({ appId, appSecret }) => ({ method: 'POST', url: '/token', json: { appId, appSecret } }),
})
`
}

function test(name) {
  return `import { ${camelCase(name)} } from '@lingpai/provider-${name}'
import { providerConformance } from '@lingpai/testing'

// Replies as the platform really sent them.
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
