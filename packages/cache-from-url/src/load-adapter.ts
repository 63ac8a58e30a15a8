import { ConfigError } from '@lingpai/core'

/**
 * Loads the package of an adapter.
 *
 * @param name what is to be installed when it is not there
 * @param load the import
 * @throws ConfigError naming package and command when it is not installed; whatever else the import fails with
 */
export async function loadAdapter<Adapter>(name: string, load: () => Promise<Adapter>): Promise<Adapter> {
  try {
    return await load()
  } catch (error) {
    if (!isMissing(error)) throw error
    const { message = '' } = error as { readonly message?: string }
    const what = message.includes(`'${name}'`) ? 'is not installed' : 'lacks a package that it needs'
    throw new ConfigError(
      `cache: the package ${name} ${what}: npm install ${name}`,
      { field: 'cache', problem: 'missing' },
      { cause: error, hint: `Run: npm install ${name}` },
    )
  }
}

/** By its code: errors of the module loader are of another realm than those of a test. */
function isMissing(error: unknown): boolean {
  const { code } = (error ?? {}) as { readonly code?: unknown }
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
}
