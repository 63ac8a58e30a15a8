import { join } from 'node:path'
import ts from 'typescript'
import { root } from './workspace.mjs'

/** A folder below the top, so that the blocks resolve packages like any file of the workspace. */
const home = join(root, '.documentation-blocks')

/**
 * Compiles every ```ts block of the pages against the sources, each as a separate module. A block that is fenced as
 * `ts continue` continues the previous one.
 *
 * @returns `page:line: message` of each error.
 */
export function blockProblems(pages) {
  const files = new Map()
  const problems = []
  for (const page of pages) {
    let chain = []
    for (const block of page.blocks) {
      const [language, ...words] = block.info.split(/\s+/)
      if (['typescript', 'tsx', 'mts', 'cts'].includes(language)) {
        problems.push(`${page.path}:${block.line - 1}: write ts, so that the block is compiled`)
      }
      if (language !== 'ts') continue
      if (words.length > 0 && words.join(' ') !== 'continue') {
        problems.push(`${page.path}:${block.line - 1}: 'ts ${words.join(' ')}': only 'ts' and 'ts continue' are known`)
      }
      const own = block.lines.map((text, index) => ({ text, at: `${page.path}:${block.line + index}` }))
      chain = words[0] === 'continue' ? [...chain, ...own] : own
      files.set(join(home, `${page.path.replace(/[^a-zA-Z0-9]/g, '-')}-${block.line}.ts`), chain)
    }
  }
  return { count: files.size, problems: [...problems, ...compile(files)] }
}

function compile(files) {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile)
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root)
  const settings = {
    ...options,
    types: ['node', 'jest'],
    noEmit: true,
    composite: false,
    declaration: false,
    declarationMap: false,
    sourceMap: false,
  }
  const host = ts.createCompilerHost(settings)
  const textOf = (name) => {
    const lines = files.get(join(name))
    return lines === undefined ? undefined : `${lines.map(({ text }) => text).join('\n')}\nexport {}\n`
  }
  const { fileExists, readFile } = host
  host.fileExists = (name) => files.has(join(name)) || fileExists(name)
  host.readFile = (name) => textOf(name) ?? readFile(name)
  const { getSourceFile } = host
  host.getSourceFile = (name, version, ...rest) => {
    const text = textOf(name)
    return text === undefined
      ? getSourceFile(name, version, ...rest)
      : ts.createSourceFile(name, text, { ...version, impliedNodeFormat: ts.ModuleKind.ESNext }, true)
  }
  const program = ts.createProgram([...files.keys()], settings, host)
  const found = new Set()
  for (const [name, lines] of files) {
    const file = program.getSourceFile(name)
    for (const diagnostic of [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]) {
      const { line } = ts.getLineAndCharacterOfPosition(file, diagnostic.start ?? 0)
      const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n  ')
      found.add(`${lines[line]?.at ?? lines.at(-1)?.at}: ${text} (TS${diagnostic.code})`)
    }
  }
  return [...found]
}

const printer = ts.createPrinter({ removeComments: true, neverAsciiEscape: true })

/** A block without comments and layout, to compare it with its translation. */
export function codeOf(block) {
  const file = ts.createSourceFile('block.ts', block.lines.join('\n'), ts.ScriptTarget.Latest)
  return printer.printFile(file)
}
