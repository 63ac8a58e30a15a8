// node scripts/check-docs.mjs: checks that every ```ts block of the pages and of the sources' doc comments compiles, that both languages
// have the same pages with the same code and headings, that every relative link has a target, and that every option has a doc comment.
import { existsSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { blockProblems, codeOf } from './lib/compile-blocks.mjs'
import { docExamples } from './lib/doc-examples.mjs'
import { lineDiff } from './lib/line-diff.mjs'
import { pages, readPage } from './lib/markdown.mjs'
import { undocumentedOptions } from './lib/undocumented-options.mjs'
import { root } from './lib/workspace.mjs'

const all = new Map(pages().map((path) => [path, readPage(path)]))
const examples = docExamples()
const blocks = blockProblems([...all.values(), ...examples])
const pairs = translations()
const problems = [
  ...blocks.problems,
  ...pairs.flatMap(([left, right]) => translationProblems(left, right)),
  ...[...all.values()].flatMap(linkProblems),
  ...undocumentedOptions(),
]
if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exitCode = 1
} else {
  console.log(
    `${all.size} pages: ${blocks.count} blocks compile, ${pairs.length} pairs of translations agree, all links have a target`,
  )
}

/** Pages and their translations: docs/en with docs/zh, and X.md with X.zh-CN.md. */
function translations() {
  const counterpart = (path) =>
    path.startsWith('docs/en/') ? path.replace('docs/en/', 'docs/zh/') : path.replace(/\.md$/, '.zh-CN.md')
  const ofReadme = [...all.keys()].filter((path) => all.has(path.replace(/\.md$/, '.zh-CN.md')))
  const ofDocs = [...all.keys()]
    .filter((path) => /^docs\/(en|zh)\//.test(path))
    .map((path) => path.replace('docs/zh/', 'docs/en/'))
  return [...new Set(['README.md', ...ofReadme, ...ofDocs])].map((path) => [path, counterpart(path)])
}

function translationProblems(leftPath, rightPath) {
  const [left, right] = [all.get(leftPath), all.get(rightPath)]
  if (left === undefined || right === undefined) {
    return [`${left === undefined ? leftPath : rightPath}: the page is missing in this language`]
  }
  const problems = []
  const length = Math.max(left.headings.length, right.headings.length)
  const at = Array.from({ length }).findIndex((_, i) => left.headings[i]?.level !== right.headings[i]?.level)
  if (at >= 0) {
    const [here, there] = [left, right].map(({ headings, path }) => `${path}:${headings[at]?.line ?? 'end'}`)
    problems.push(`${here}: another heading than in ${there}: both languages have the same ones, on the same levels`)
  }
  const code = ({ blocks: found }) => found.filter(({ info }) => /^ts\b/.test(info))
  const [mine, other] = [code(left), code(right)]
  if (mine.length !== other.length) {
    return [...problems, `${leftPath}: ${mine.length} ts blocks, ${other.length} in ${rightPath}`]
  }
  for (const [index, block] of mine.entries()) {
    const difference = lineDiff(codeOf(block).split('\n'), codeOf(other[index]).split('\n'))
    if (difference.length > 0 || block.info !== other[index].info) {
      const where = `${leftPath}:${block.line}: other code than in ${rightPath}:${other[index].line}`
      problems.push([where, ...difference].join('\n    '))
    }
  }
  return problems
}

function linkProblems(page) {
  return page.links.flatMap(({ target, line }) => {
    if (/^[a-z][a-z+.-]*:/i.test(target)) return []
    const [path, anchor] = target.split('#').map(decodeURIComponent)
    const file = path === '' ? page.path : normalize(join(dirname(page.path), path)).replaceAll('\\', '/')
    const full = join(root, file)
    if (!existsSync(full)) return [`${page.path}:${line}: ${target}: no such file`]
    if (anchor === undefined || statSync(full).isDirectory() || !file.endsWith('.md')) return []
    const known = all.get(file) ?? readPage(file)
    return known.anchors.has(anchor) ? [] : [`${page.path}:${line}: ${target}: no such heading`]
  })
}
