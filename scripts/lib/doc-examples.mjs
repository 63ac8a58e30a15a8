import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'
import { packages, root } from './workspace.mjs'

/** The ```ts blocks in doc comments of the packages' sources, in the form of pages, so that they are compiled like those. */
export function docExamples() {
  return packages()
    .flatMap(({ folder }) => ts.sys.readDirectory(join(root, 'packages', folder, 'src'), ['.ts']))
    .map((path) => ({ path: relative(root, path).replaceAll('\\', '/'), blocks: blocksIn(readFileSync(path, 'utf8')) }))
    .filter(({ blocks }) => blocks.length > 0)
}

function blocksIn(text) {
  const blocks = []
  let block
  for (const [index, line] of text.split('\n').entries()) {
    const inComment = /^\s*\* ?(.*)$/.exec(line)?.[1]
    const fence = /^```(.*)$/.exec(inComment ?? '')
    if (inComment === undefined) block = undefined
    else if (block !== undefined && fence !== null) block = undefined
    else if (block !== undefined) block.lines.push(inComment)
    else if (fence !== null) {
      block = { info: fence[1].trim(), line: index + 2, lines: [] }
      blocks.push(block)
    }
  }
  return blocks
}
