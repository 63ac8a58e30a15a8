// The published code of a package: one file for each entry of its package.json, and files for code that entries share or load on
// demand.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { build } from 'esbuild'
import { withPureStatements } from './pure-statements.mjs'

/**
 * What users import of a package, and what they run: the files below `src`, without their ending.
 *
 * @returns for `./src/events/index.ts`: `events/index`
 */
export function entriesOf({ exports = {}, bin = {} }) {
  const imported = Object.values(exports).flatMap((target) => target['@lingpai/source'] ?? [])
  const run = Object.values(bin).map((path) => path.replace('./dist/', './src/').replace(/\.js$/, '.ts'))
  return [...imported, ...run].map((path) => path.replace(/^\.\/src\/|\.ts$/g, ''))
}

/**
 * Writes `dist/**.js` and their source maps, and removes what an earlier build left in `dist`. The declarations are the compiler's.
 *
 * @param directory of the package
 * @returns a line for each problem
 */
export async function bundlePackage(directory) {
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  const { outputFiles, metafile } = await build({
    absWorkingDir: directory,
    entryPoints: entriesOf(manifest).map((entry) => `src/${entry}.ts`),
    outbase: 'src',
    outdir: 'dist',
    chunkNames: 'chunk-[hash]',
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    write: false,
    logLevel: 'silent',
  })
  const names = chunkNames(metafile.outputs)
  const renamed = (text) => text.replaceAll(/chunk-[A-Z0-9]{8}(?=\.js)/g, (chunk) => names.get(chunk) ?? chunk)
  const written = new Set()
  for (const { path, text } of outputFiles) {
    const file = renamed(path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, path.endsWith('.js') ? withPureStatements(renamed(text)) : text)
    written.add(file)
  }
  removeOthers(directory, written)
  return misplacedUrls(directory, metafile.outputs)
}

/**
 * Names that stay the same when the code changes, so that two releases can be compared: `shared-index-internal` for what these two
 * entries share, `lazy-sign-page` for a module that is imported on demand.
 */
function chunkNames(outputs) {
  const isChunk = (path) => posix.basename(path).startsWith('chunk-')
  const starts = Object.entries(outputs).filter(([, { entryPoint }]) => entryPoint !== undefined)
  const users = new Map()
  for (const [path, { entryPoint }] of starts) {
    const name = entryPoint.replace(/^src\/|(\/index)?\.ts$/g, '').replaceAll('/', '-')
    for (const reached of reachedFrom(path, outputs)) {
      if (isChunk(reached)) users.set(reached, [...(users.get(reached) ?? []), name])
    }
  }
  const names = new Map()
  for (const [path, { entryPoint }] of Object.entries(outputs)) {
    if (!isChunk(path) || !path.endsWith('.js')) continue
    const name =
      entryPoint === undefined
        ? `shared-${users.get(path).sort().join('-')}`
        : `lazy-${posix.basename(entryPoint, '.ts')}`
    names.set(posix.basename(path, '.js'), name)
  }
  return names
}

/** A file and those that are loaded with it. */
function reachedFrom(start, outputs) {
  const reached = new Set([start])
  for (const path of reached) {
    for (const { path: next, kind, external } of outputs[path].imports) {
      if (kind === 'import-statement' && external !== true) reached.add(next)
    }
  }
  return reached
}

/** Removes what is neither written now nor a declaration of a source that is still there. */
function removeOthers(directory, written) {
  const dist = join(directory, 'dist')
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name)
    if (!entry.isFile() || written.has(file) || entry.name === '.tsbuildinfo') continue
    const source = join(directory, 'src', relative(dist, file).replace(/\.d\.ts(\.map)?$/, '.ts'))
    if (!/\.d\.ts(\.map)?$/.test(entry.name) || !existsSync(source)) rmSync(file)
  }
}

/** A path that is relative to `import.meta.url` must mean the same in the source and in the bundle: both in the same folder. */
function misplacedUrls(directory, outputs) {
  const problems = []
  for (const [output, { inputs }] of Object.entries(outputs)) {
    for (const input of output.endsWith('.js') ? Object.keys(inputs) : []) {
      const isSameFolder = posix.dirname(input).replace(/^src/, 'dist') === posix.dirname(output)
      if (isSameFolder || !/new URL\([^)]*import\.meta\.url/.test(readFileSync(join(directory, input), 'utf8')))
        continue
      problems.push(`${input} has a path relative to import.meta.url, and is bundled into another folder: ${output}`)
    }
  }
  return problems
}
