import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

interface Bundler {
  build(options: {
    readonly entryPoints: readonly string[]
    readonly outfile: string
    readonly bundle: true
    readonly platform: 'node'
    readonly format: 'esm'
    readonly conditions: readonly string[]
    readonly external: readonly string[]
  }): Promise<unknown>
}

/**
 * A program in one file of JavaScript: it starts six times as fast as from its sources, which counts where hundreds of
 * processes are started. What others wrote stays outside. The file goes when the tests are over.
 */
export async function bundled(file: URL): Promise<string> {
  const require = createRequire(import.meta.url)
  // The bundler is no dependency of this repository itself: it is found from where the loader is.
  const { build } = createRequire(require.resolve('tsx'))('esbuild') as Bundler
  // Below node_modules, so that what stays outside is found from there.
  const caches = fileURLToPath(new URL('../../../../node_modules/.cache', import.meta.url))
  mkdirSync(caches, { recursive: true })
  const directory = mkdtempSync(join(caches, 'lingpai-'))
  afterAll(() => {
    rmSync(directory, { recursive: true, force: true })
  })
  const outfile = join(directory, basename(file.pathname).replace(/\.ts$/, '.mjs'))
  await build({
    entryPoints: [fileURLToPath(file)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@lingpai/source'],
    external: ['@keyv/sqlite', '@keyv/redis', 'keyv', 'lru-cache'],
  })
  return outfile
}
