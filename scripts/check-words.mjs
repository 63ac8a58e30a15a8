// npm run lint:words: reports banned phrases (scripts/banned-phrases.json) in sources, test titles, error texts
// and pages. Plants one of each kind first and expects each to be reported.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandLine } from './lib/command-line.mjs'
import { phraseProblems } from './lib/phrases.mjs'
import { root } from './lib/workspace.mjs'

/** Texts with one planted phrase each, by the kind of text. */
const plants = {
  'a comment': ['planted.ts', '// It is to be renewed.\nexport const planted = 1\n'],
  'a doc comment': ['planted.ts', '/** Whoever calls it. */\nexport const planted = 1\n'],
  'an error text': ['planted.ts', "export const planted = 'cache: is no record'\n"],
  'a template': ['planted.ts', 'export const planted = `${1} tells of a failure`\n'],
  'a test title': ['planted.test.ts', "it('nor is it read again', () => undefined)\n"],
  'an English page': ['planted.md', 'Nobody reads it.\n'],
  'a comment in a block of code': ['planted.md', '```ts\nconst planted = 1 // asked anew\n```\n'],
  'a Chinese page': ['planted.md', '在身后刷新。\n'],
}

const problems = Object.entries(plants)
  .filter(([, [path, text]]) => phraseProblems(path, text).length !== 1)
  .map(([kind]) => `the phrase planted in ${kind} was not reported once`)

const { names: chosen } = commandLine({
  usage: 'node scripts/check-words.mjs [PATH …]',
  what: 'Reports banned phrases (scripts/banned-phrases.json) in all files, or in those whose paths begin so.',
  takesNames: true,
})
const all = execFileSync('git', ['ls-files', '--', '*.ts', '*.mjs', '*.js', '*.cjs', '*.md', 'llms.txt'], {
  cwd: root,
  encoding: 'utf8',
})
const isChecked = (path) =>
  path !== 'scripts/check-words.mjs' && (chosen.length === 0 || chosen.some((start) => path.startsWith(start)))
const files = all.split('\n').filter((path) => path !== '' && isChecked(path))
for (const path of files) problems.push(...phraseProblems(path, readFileSync(join(root, path), 'utf8')))
if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exitCode = 1
} else {
  console.log(
    `${files.length} files without a banned phrase; each of ${Object.keys(plants).length} planted ones is reported`,
  )
}
