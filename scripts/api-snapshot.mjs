// npm run api: writes the public names of the packages.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { commandLine } from './lib/command-line.mjs'
import { lineDiff } from './lib/line-diff.mjs'
import { packages, root } from './lib/workspace.mjs'

const snapshotPath = join(root, 'etc/api.json')
const printer = ts.createPrinter({ removeComments: true, newLine: ts.NewLineKind.LineFeed })

const { values } = commandLine({
  usage: ['npm run api', 'npm run api:check'],
  what: 'Writes every public name of every package and subpath, with its signature, to etc/api.json.',
  options: { check: { type: 'boolean', what: 'compares instead, and fails if there are differences' } },
})
const current = snapshot()
if (values.check) {
  const kept = existsSync(snapshotPath) ? JSON.parse(readFileSync(snapshotPath, 'utf8')) : {}
  const differences = compare(kept, current)
  if (differences.length > 0) {
    console.error(differences.join('\n'))
    console.error('\nThe public names differ from etc/api.json. If that is meant: npm run api, and commit the file.')
    process.exitCode = 1
  } else {
    const count = Object.values(current).reduce((sum, names) => sum + Object.keys(names).length, 0)
    console.log(`${count} public names of ${Object.keys(current).length} entries, as in etc/api.json`)
  }
} else {
  mkdirSync(join(root, 'etc'), { recursive: true })
  writeFileSync(snapshotPath, `${JSON.stringify(current, undefined, 2)}\n`)
  console.log('etc/api.json written')
}

/** Package or subpath to public name to the lines of its declaration, as the compiler emits it, sorted. */
function snapshot() {
  const entries = packages()
    .filter(({ isPublic }) => isPublic)
    .flatMap(({ entries }) => entries)
    .filter(({ file }) => existsSync(file))
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile)
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root)
  const program = ts.createProgram({
    rootNames: entries.map(({ file }) => file),
    options: { ...options, composite: false, declaration: true, declarationMap: false, sourceMap: false },
  })
  const declarationsOf = emittedDeclarations(program)
  const checker = program.getTypeChecker()
  return Object.fromEntries(
    entries.map(({ name, file }) => {
      const module = checker.getSymbolAtLocation(program.getSourceFile(file))
      const names = module === undefined ? [] : checker.getExportsOfModule(module)
      return [name, Object.fromEntries(names.map((symbol) => describe(symbol, checker, declarationsOf)).sort(byName))]
    }),
  )
}

function describe(symbol, checker, declarationsOf) {
  const origin = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  const texts = new Set(
    (origin.declarations ?? []).flatMap((declaration) =>
      declarationsOf(declaration.getSourceFile().fileName, origin.name),
    ),
  )
  const lines = [...texts].flatMap((text) => text.split('\n'))
  const values = literalsOf(origin, checker)
  if (values !== undefined) return [symbol.name, [`type ${origin.name} = ${values};`]]
  return [symbol.name, lines.length > 0 ? lines : ['(no declaration found)']]
}

/** The values of a type that consists of literals, however it is written: `(typeof list)[number]` would hide a change. */
function literalsOf(symbol, checker) {
  if ((symbol.flags & ts.SymbolFlags.TypeAlias) === 0) return undefined
  const type = checker.getDeclaredTypeOfSymbol(symbol)
  if (!type.isUnion() || !type.types.every((member) => member.isLiteral())) return undefined
  return type.types
    .map(({ value }) => (typeof value === 'object' ? `${value.base10Value}n` : JSON.stringify(value)))
    .sort()
    .join(' | ')
}

/** Looks up the top-level declarations of a name in the `.d.ts` that the compiler emits for a source file. */
function emittedDeclarations(program) {
  const cache = new Map()
  return (fileName, name) => {
    if (!cache.has(fileName)) cache.set(fileName, declarationsByName(program, fileName))
    return cache.get(fileName).get(name) ?? []
  }
}

function declarationsByName(program, fileName) {
  let text = ''
  program.emit(program.getSourceFile(fileName), (_, emitted) => (text = emitted), undefined, true)
  const file = ts.createSourceFile('emitted.d.ts', text, ts.ScriptTarget.Latest, true)
  const found = new Map()
  const add = (name, node) => {
    const printed = printer
      .printNode(ts.EmitHint.Unspecified, node, file)
      .replace(/^export (declare )?/, '')
      .replace(/^ +(#private|private [^;]*);\n/gm, '')
    found.set(name, [...(found.get(name) ?? []), printed])
  }
  for (const statement of file.statements) {
    if (ts.isVariableStatement(statement)) {
      for (const { name } of statement.declarationList.declarations) add(name.getText(file), statement)
    } else if (statement.name !== undefined) {
      add(statement.name.getText(file), statement)
    }
  }
  return found
}

function byName([left], [right]) {
  return left < right ? -1 : 1
}

/** Readable lines for what was added, removed and changed. */
function compare(before, after) {
  const lines = []
  for (const pack of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()) {
    const old = before[pack] ?? {}
    const now = after[pack] ?? {}
    for (const name of [...new Set([...Object.keys(old), ...Object.keys(now)])].sort()) {
      const diff = lineDiff(old[name] ?? [], now[name] ?? [])
      if (diff.length === 0) continue
      const verb = old[name] === undefined ? 'added' : now[name] === undefined ? 'removed' : 'changed'
      lines.push(`${pack}: ${name} ${verb}`, ...diff.map((line) => `    ${line}`))
    }
  }
  return lines
}
