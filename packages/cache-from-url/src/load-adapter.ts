import { ConfigError } from '@lingpai/core'

/**
 * Loads the package of each kind of cache. If the package is not installed, the function rejects with a ConfigError that names the
 * package and the command; any other error of the import is rethrown.
 *
 * Each import is a literal inside `try`, so that bundlers continue without an adapter that is not installed.
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
  const what = missing === name ? 'is not installed' : 'requires a package that is not installed'
  return new ConfigError(
    `cache: the package ${name} ${what}: npm install ${name}`,
    { field: 'cache', problem: 'missing' },
    { cause: error, hint: `Run: npm install ${name}` },
  )
}

/** Returns the package that an import did not find, from the error of Node.js or of a bundler; `''` if its name is unknown. */
function missingPackage(error: unknown): string | undefined {
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown }
  const text = typeof message === 'string' ? message : ''
  // Compared by code and text: loader errors come from another realm than test code, and Vite's errors have no code.
  const isMissing =
    code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND' || text.startsWith('Could not resolve "')
  return isMissing ? (/['"]([^'"]+)['"]/.exec(text)?.[1] ?? '') : undefined
}
