// Finds phrases that the project doesn't use in comments, strings and test titles of sources, and in pages.
import ts from 'typescript'
import { readJson } from './workspace.mjs'

const compile = (list) => list.map(({ pattern, say }) => ({ pattern: new RegExp(pattern, 'u'), say }))
const banned = Object.fromEntries(
  Object.entries(readJson('scripts/banned-phrases.json')).map(([k, v]) => [k, compile(v)]),
)
const everywhere = [...banned.sources, ...banned.chinese]

/** @returns a problem for each line of `text` with a banned phrase, as `path:line: phrase: what to say` */
export function phraseProblems(path, text) {
  return /\.(ts|mts|cts|mjs|js)$/.test(path) ? ofSource(path, text) : ofPage(path, text)
}

function ofPage(path, text) {
  let isCode = false
  return text.split('\n').flatMap((line, index) => {
    if (/^\s*(```|~~~)/.test(line)) isCode = !isCode
    // A block of code is compiled or run: its comments count, its names don't.
    const words = isCode ? (/(?:\/\/|#)\s.*$/.exec(line)?.[0] ?? '') : line.replace(/`[^`]*`/g, '``')
    return found(everywhere, words).map((what) => `${path}:${index + 1}: ${what}`)
  })
}

function ofSource(path, text) {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const problems = []
  const report = (position, list, words) => {
    for (const [index, line] of words.split('\n').entries()) {
      const at = source.getLineAndCharacterOfPosition(position).line + 1 + index
      problems.push(...found(list, line).map((what) => `${path}:${at}: ${what}`))
    }
  }
  const seen = new Set()
  const comments = (ranges) => {
    for (const { pos, end } of ranges ?? []) {
      if (seen.has(pos)) continue
      seen.add(pos)
      report(pos, everywhere, text.slice(pos, end).replace(/`[^`\n]*`/g, '``'))
    }
  }
  const visit = (node) => {
    comments(ts.getLeadingCommentRanges(text, node.getFullStart()))
    comments(ts.getTrailingCommentRanges(text, node.getEnd()))
    if (ts.isStringLiteral(node) || ts.isTemplateLiteralToken(node)) report(node.getStart(), everywhere, node.text)
    if (ts.isCallExpression(node) && isTest(node)) {
      const [title] = node.arguments
      if (ts.isStringLiteralLike(title)) report(title.getStart(), banned.titles, title.text)
    }
    node.getChildren(source).forEach(visit)
  }
  visit(source)
  return problems
}

function isTest({ expression, arguments: given }) {
  const name = /^(it|test|describe)\b/.exec(expression.getText())
  return name !== null && given.length > 0
}

function found(list, line) {
  return list.flatMap(({ pattern, say }) => {
    const hit = pattern.exec(line)
    return hit === null ? [] : [`"${hit[0]}": say ${say}`]
  })
}
