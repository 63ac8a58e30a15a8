import { camelCase, fence, pascalCase } from './words.mjs'

/** The files of a cache package, path to text. */
export function cacheFiles(name) {
  return {
    'README.md': readme(name),
    'src/index.ts': `export { ${camelCase(name)}Cache, type ${pascalCase(name)}CacheOptions } from './${name}-cache.js'\n`,
    [`src/${name}-cache.ts`]: source(name),
    'test/conformance.test.ts': test(name),
  }
}

function source(name) {
  return `import type { IAccessTokenCache } from '@lingpai/core'

/** How the store is reached. */
export interface ${pascalCase(name)}CacheOptions {
  /** Wall clock, Unix milliseconds. @default Date.now */
  readonly now?: () => number
}

/** Records in ${name}. A failure of the store rejects; only what is not there is \`undefined\`. */
export function ${camelCase(name)}Cache({ now = Date.now }: ${pascalCase(name)}CacheOptions = {}): IAccessTokenCache {
  // Fill in: the store; this map stands for it
  const rows = new Map<string, { readonly value: string; readonly expiresAtMs: number }>()
  return {
    // Fill in: who sees a write, 'process', 'host' or 'fleet'; more than 'process' calls for a \`lease\`
    reach: 'process',
    get: (key) => {
      const row = rows.get(key)
      return row !== undefined && now() < row.expiresAtMs ? row.value : undefined
    },
    set: (key, value, expiresAtMs = Infinity) => {
      rows.set(key, { value, expiresAtMs })
    },
    remove: (key) => {
      rows.delete(key)
    },
  }
}
`
}

function test(name) {
  return `import { ${camelCase(name)}Cache } from '@lingpai/cache-${name}'
import { cacheConformance } from '@lingpai/testing'

// Fill in: what the store can do leaves the list \`without\`; the suite then demands what belongs to it
cacheConformance(
  test,
  () => {
    let nowMs = 1_800_000_000_000
    return {
      cache: ${camelCase(name)}Cache({ now: () => nowMs }),
      nowMs: () => nowMs,
      advanceMs: (ms) => {
        nowMs += ms
      },
      close: () => undefined,
    }
  },
  { without: ['lease', 'subscribe', 'close', 'reopen', 'damage', 'breakStore'] },
)
`
}

function readme(name) {
  return `# @lingpai/cache-${name}

Access tokens in ${name}, for Lingpai.

${fence}ts
import { ${camelCase(name)}Cache } from '@lingpai/cache-${name}'
import { TokenManager } from '@lingpai/core'

export const tokens = new TokenManager({ cache: ${camelCase(name)}Cache() })
${fence}
`
}
