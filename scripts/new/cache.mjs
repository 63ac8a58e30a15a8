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
  return `import { systemClock, type Clock, type IAccessTokenCache } from '@lingpai/core'

/** Options of \`${camelCase(name)}Cache\`. */
export interface ${pascalCase(name)}CacheOptions {
  /** Tells the time; a test passes its test clock. @default systemClock */
  readonly clock?: Pick<Clock, 'now'>
}

/** Stores records in ${name}. A failure of the store rejects; only a missing entry is \`undefined\`. */
export function ${camelCase(name)}Cache({ clock = systemClock }: ${pascalCase(name)}CacheOptions = {}): IAccessTokenCache {
  // Fill in: the store, instead of this map
  const rows = new Map<string, { readonly value: string; readonly expiresAtMs: number }>()
  return {
    // Fill in: which processes see a write, 'process', 'host' or 'fleet'; more than 'process' needs a \`lease\`
    reach: 'process',
    get: (key) => {
      const row = rows.get(key)
      return row !== undefined && clock.now() < row.expiresAtMs ? row.value : undefined
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
import { cacheConformance } from '@lingpai/testing/conformance'

// Fill in: remove what the store supports from the list \`without\`; the suite then checks it
cacheConformance(
  test,
  () => {
    let nowMs = 1_800_000_000_000
    return {
      cache: ${camelCase(name)}Cache({ clock: { now: () => nowMs } }),
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
