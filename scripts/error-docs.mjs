// Writes the generated part of docs/{en,zh}/errors.md. Fails if a code, class or member has no text,
// or a text has no code, class or member.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { tsImport } from 'tsx/esm/api'
import { readErrors } from './error-docs/read-errors.mjs'
import { classes, codes, members, words } from './error-docs/texts.mjs'
import { commandLine } from './lib/command-line.mjs'
import { root } from './lib/workspace.mjs'
import { words as policyWords } from './providers/words.mjs'

const begin = '<!-- generated:begin -->'
const end = '<!-- generated:end -->'
const command = 'node scripts/error-docs.mjs'

const { values } = commandLine({
  usage: [command, 'npm run docs:errors'],
  what: "Writes the generated part of docs/{en,zh}/errors.md from the core's sources and scripts/error-docs/texts.mjs.",
  options: { check: { type: 'boolean', what: 'only reports what is stale' } },
})
const { failurePolicy } = await tsImport('../packages/core/src/failure/policy.ts', import.meta.url)
const { errorClasses } = await tsImport('../packages/core/src/error-class.ts', import.meta.url)
const source = readErrors(join(root, 'packages/core/src/errors.ts'))
const problems = [
  ...source.problems,
  ...bothWays('code', source.codes, Object.keys(codes)),
  ...bothWays('error class', errorClasses, Object.keys(classes)),
  ...bothWays('error class of the failure policy', errorClasses, Object.keys(failurePolicy)),
  ...bothWays('member', [...new Set(source.members.map(keyOf))], Object.keys(members)),
]
if (problems.length === 0) for (const language of ['en', 'zh']) await update(language)
if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exitCode = 1
} else if (values.check) {
  console.log(`${source.codes.length} codes and ${errorClasses.length} classes, as in docs/{en,zh}/errors.md`)
}

function bothWays(what, ofSource, ofTexts) {
  return [
    ...ofSource
      .filter((name) => !ofTexts.includes(name))
      .map((name) => `${what} ${name} has no text in error-docs/texts.mjs`),
    ...ofTexts
      .filter((name) => !ofSource.includes(name))
      .map((name) => `${what} ${name} has a text and does not exist`),
  ]
}

/** The key of a member's text. */
function keyOf({ owner, name }) {
  return members[`${owner}.${name}`] === undefined && members[name] !== undefined ? name : `${owner}.${name}`
}

async function update(language) {
  const path = `docs/${language}/errors.md`
  const file = join(root, path)
  const before = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const [from, to] = [before.indexOf(begin), before.indexOf(end)]
  if (from < 0 || to < from) return problems.push(`${path} needs ${begin} and, below it, ${end}`)
  const page = `${before.slice(0, from + begin.length)}\n\n${render(language)}\n\n${before.slice(to)}`
  const after = await format(page, { ...(await resolveConfig(file)), parser: 'markdown' })
  if (after === before) return
  if (values.check) problems.push(`${path} is stale; run: ${command}`)
  else writeFileSync(file, after)
}

function render(language) {
  const say = words[language]
  const membersOf = (owner) => source.members.filter((member) => member.owner === owner)
  return [
    `## ${say.codes}`,
    say.common,
    memberTable(membersOf('LingpaiErrorOptions'), language),
    ...source.classes.flatMap((thrown) => [
      `### \`${thrown.code}\``,
      language === 'zh' ? codes[thrown.code].when : thrown.when,
      list([
        `${say.thrown}\`${thrown.name}\``,
        `${say.retryable}${thrown.code === 'ERR_LINGPAI_PLATFORM' ? say.byClass : thrown.isRetryable ? say.always : say.never}`,
      ]),
      thrown.details === undefined ? say.noDetails : say.details,
      ...(thrown.details === undefined ? [] : [memberTable(membersOf(thrown.details), language)]),
      say.whatToDo,
      list(codes[thrown.code].todo[language]),
    ]),
    `## ${say.classes}`,
    say.classesLead,
    classTable(language),
  ].join('\n\n')
}

function memberTable(rows, language) {
  const say = words[language]
  return table(
    [say.member, say.meaning],
    rows.map((member) => {
      const values = member.values.map((value) => `\`${value}\``)
      return [`\`${member.name}\`${values.length > 0 ? say.values(values) : ''}`, members[keyOf(member)][language]]
    }),
  )
}

function classTable(language) {
  const say = words[language]
  return table(
    [say.class, say.meaning, say.action, say.helps],
    errorClasses.map((name) => {
      const { attempts, firstCoolDownMs, longestCoolDownMs, retryable } = failurePolicy[name]
      const action = policyWords[language].tokenAction(attempts, firstCoolDownMs / 1000, longestCoolDownMs / 1000)
      return [`\`${name}\``, classes[name][language], action, retryable ? say.yes : say.no]
    }),
  )
}

function list(lines) {
  return lines.map((line) => `- ${line}`).join('\n')
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
