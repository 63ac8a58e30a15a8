import { ConfigError } from '@lingpai/core'

/**
 * Loads the package of each kind of cache. Each rejects with a ConfigError that names package and command when it is not
 * installed, and with whatever else the import fails with.
 *
 * Each import is a literal inside `try`: bundlers then go on without an adapter that an application has not installed.
 */
export const loadAdapter = {
  memory: async () => {
    try {
      return await import('@lingpai/cache-memory')
    } catch (error) {
      throw notLoaded('@lingpai/cache-memory', error)
    }
  },
  file: async () => {
    try {
      return await import('@lingpai/cache-file')
    } catch (error) {
      throw notLoaded('@lingpai/cache-file', error)
    }
  },
  sqlite: async () => {
    try {
      return await import('@lingpai/cache-sqlite')
    } catch (error) {
      throw notLoaded('@lingpai/cache-sqlite', error)
    }
  },
  redis: async () => {
    try {
      return await import('@lingpai/cache-redis')
    } catch (error) {
      throw notLoaded('@lingpai/cache-redis', error)
    }
  },
} as const

function notLoaded(name: string, error: unknown): unknown {
  const missing = missingPackage(error)
  if (missing === undefined) return error
  const what = missing === name ? 'is not installed' : 'lacks a package that it needs'
  return new ConfigError(
    `cache: the package ${name} ${what}: npm install ${name}`,
    { field: 'cache', problem: 'missing' },
    { cause: error, hint: `Run: npm install ${name}` },
  )
}

/** The package that an import did not find, told by the loader of Node or of a bundle; `''` where its name cannot be read. */
function missingPackage(error: unknown): string | undefined {
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown }
  const text = typeof message === 'string' ? message : ''
  // By code and text: errors of the module loader are of another realm than those of a test, and Vite's have no code.
  const isMissing =
    code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND' || text.startsWith('Could not resolve "')
  return isMissing ? (/['"]([^'"]+)['"]/.exec(text)?.[1] ?? '') : undefined
}
