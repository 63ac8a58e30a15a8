// Checks the bundled code of a package: one file for each entry, only files beside them that entries need, source maps that lead to
// the published sources.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import ts from 'typescript'
import { entriesOf } from '../lib/bundle.mjs'

/** The code that a package publishes: its entries, and what they share or load on demand, without the ending. */
export function codeFiles(directory, manifest) {
  const chunks = readdirSync(join(directory, 'dist')).filter((name) => /^(shared|lazy)(-[a-z]+)+\.js$/.test(name))
  return [...entriesOf(manifest), ...chunks.map((name) => name.replace(/\.js$/, ''))]
}

/** @returns a line for each problem of a built package */
export function distProblems(directory, manifest) {
  const dist = join(directory, 'dist')
  const files = codeFiles(directory, manifest).map((name) => join(dist, `${name}.js`))
  const missing = files.filter((file) => !existsSync(file))
  if (missing.length > 0) return missing.map((file) => `${relative(directory, file)} was not built`)
  const importers = new Map(files.map((file) => [file, 0]))
  for (const imported of files.flatMap(importsOf)) importers.set(imported, (importers.get(imported) ?? 0) + 1)
  const problems = []
  for (const [file, count] of importers) {
    const name = relative(dist, file)
    if (!files.includes(file)) problems.push(`dist/${name} is imported, but is neither an entry nor a chunk`)
    else if (name.startsWith('shared-') && count < 2)
      problems.push(`dist/${name} is not shared: ${count} files import it`)
    else if (name.startsWith('lazy-') && count < 1) problems.push(`dist/${name} is imported nowhere`)
  }
  return [...problems, ...files.flatMap((file) => sourceMapProblems(directory, file))]
}

/** The files of the package that a file imports. */
function importsOf(file) {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true)
  const own = importedFiles.map(({ fileName }) => fileName).filter((name) => name.startsWith('.'))
  return [...new Set(own)].map((name) => join(dirname(file), name))
}

/** Where a function begins in the bundle, its map leads to a line of the sources that has its name. */
function sourceMapProblems(directory, file) {
  const name = relative(directory, file)
  const lines = readFileSync(file, 'utf8').split('\n')
  const map = `${file}.map`
  if (!existsSync(map) || !lines.includes(`//# sourceMappingURL=${basename(map)}`)) return [`${name} has no source map`]
  const payload = JSON.parse(readFileSync(map, 'utf8'))
  const lost = payload.sources.filter((source) => !existsSync(join(dirname(file), source)))
  if (lost.length > 0) return lost.map((source) => `${name}.map leads to ${source}, which is not there`)
  const sourceMap = new SourceMap(payload)
  for (const [index, line] of lines.entries()) {
    // A number at the end is the bundler's, where two files have a function of one name.
    const [, start, named] = /^((?:async )?function )([A-Za-z]+)/.exec(line) ?? []
    if (named === undefined) continue
    const { originalSource, originalLine } = sourceMap.findEntry(index, start.length)
    const source = readFileSync(join(dirname(file), originalSource ?? name), 'utf8').split('\n')
    if (source[originalLine]?.includes(named) === true) continue
    return [`${name}.map leads from ${named}, line ${index + 1}, to ${originalSource}:${originalLine + 1}`]
  }
  return []
}
