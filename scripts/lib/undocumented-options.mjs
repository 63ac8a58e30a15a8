import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'
import { packages, root } from './workspace.mjs'

/** Members of public `…Options` interfaces without a doc comment, as `file:line: name`. */
export function undocumentedOptions() {
  return packages().flatMap(({ folder, entries }) => {
    const source = join(root, 'packages', folder, 'src')
    const isPublic = new Set(
      entries.filter(({ file }) => existsSync(file)).flatMap(({ file }) => exportedNames(parse(file))),
    )
    return ts.sys.readDirectory(source, ['.ts']).flatMap((path) => undocumentedIn(parse(path), isPublic))
  })
}

function parse(path) {
  return ts.createSourceFile(path, ts.sys.readFile(path) ?? '', ts.ScriptTarget.Latest, true)
}

function exportedNames(index) {
  return index.statements.flatMap((node) =>
    ts.isExportDeclaration(node) && node.exportClause !== undefined && ts.isNamedExports(node.exportClause)
      ? node.exportClause.elements.map(({ name }) => name.text)
      : (node.name?.text ?? []),
  )
}

function undocumentedIn(file, isPublic) {
  return file.statements
    .filter(
      (node) => ts.isInterfaceDeclaration(node) && /Options$/.test(node.name.text) && isPublic.has(node.name.text),
    )
    .flatMap((node) => node.members.map((member) => ({ node, member })))
    .filter(({ member }) => ts.getJSDocCommentsAndTags(member).length === 0)
    .map(({ node, member }) => {
      const { line } = file.getLineAndCharacterOfPosition(member.getStart())
      const path = relative(root, file.fileName).replaceAll('\\', '/')
      return `${path}:${line + 1}: ${node.name.text}.${member.name.getText()} has no doc comment`
    })
}
