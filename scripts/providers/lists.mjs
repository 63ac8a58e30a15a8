// The lines of pages that name every provider package. They are among lines written by hand, and are found by how they begin.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { URLSearchParams } from 'node:url'
import { root } from '../lib/workspace.mjs'
import { credentialFields } from '@lingpai/core/internal'
import { words } from './words.mjs'

/** The lists: pages, the pattern of a line, and the lines of one provider package. */
const lists = [
  ...inBoth((language) => ({
    path: language === 'en' ? 'README.md' : 'README.zh-CN.md',
    line: /^\| \[`@lingpai\/provider-/,
    linesOf: ({ packageName, name, manifest }) => [
      row(`[${code(packageName)}](packages/provider-${name})`, manifest.summary[language]),
    ],
  })),
  ...inBoth((language) => ({
    path: `docs/${language}/index.md`,
    line: /^\| \[[^\]]*\]\(providers\//,
    linesOf: (provider) => [
      row(pageLink(provider, language), `[${code(provider.packageName)}](../../packages/provider-${provider.name})`),
    ],
  })),
  ...inBoth((language) => ({
    path: `docs/${language}/quick-start.md`,
    line: /^\| \[[^\]]*\]\(providers\//,
    linesOf: (provider) => [
      row(
        pageLink(provider, language),
        code(provider.packageName),
        codes(Object.keys(provider.providers), language),
        codes(variablesOf(provider), language),
      ),
    ],
  })),
  ...inBoth((language) => ({
    path: `docs/${language}/command-line.md`,
    line: /^\| \[[^\]]*\]\(providers\//,
    linesOf: (provider) => accountRows(provider, language, 'providers'),
  })),
  ...inBoth((language) => ({
    path: `docs/${language}/derived-credentials.md`,
    line: /^\| `\w+` +\| `@lingpai\/provider-/,
    linesOf: ({ packageName, tickets, purposes }) =>
      Object.entries(tickets).map(([name, provider]) =>
        row(code(name), code(packageName), code(callOf(provider)), purposes[name][language]),
      ),
  })),
  {
    path: 'fixtures/consumer-ts-minimum/package.json',
    line: /^ {4}"@lingpai\/provider-/,
    linesOf: ({ packageName }) => [`    "${packageName}": "*",`],
  },
  {
    path: 'packages/cli/README.md',
    line: /^\| \[[^\]]*\]\(\.\.\/\.\.\/docs\/en\/providers\//,
    linesOf: (provider) => accountRows(provider, 'en', '../../docs/en/providers'),
  },
  {
    path: 'llms.txt',
    line: /^ {4}import \{ \w+ \} from '@lingpai\/provider-/,
    linesOf: ({ packageName, providers }) => {
      const [[name, { spec }], ...others] = Object.entries(providers)
      const fields = credentialFields(spec).join(', ')
      const more = others.length > 0 ? `; also ${others.map(([other]) => other).join(', ')}` : ''
      return [`    import { ${name} } from '${packageName}' // { ${fields} }${more}`]
    },
  },
]

/** Returns the expected text of every page with a list, by path. */
export function pagesWithLists(providers) {
  return lists.map(({ path, line, linesOf }) => {
    const text = readFileSync(join(root, path), 'utf8')
    return [path, replaceLines(path, text, line, providers.flatMap(linesOf))]
  })
}

/** The text with the matching lines replaced at the place of the first one. */
function replaceLines(path, text, pattern, replacement) {
  const lines = text.split('\n')
  const first = lines.findIndex((line) => pattern.test(line))
  if (first < 0) throw new Error(`${path} needs a line like ${pattern}`)
  const rest = lines.filter((line) => !pattern.test(line))
  return [...rest.slice(0, first), ...replacement, ...rest.slice(first)].join('\n')
}

/** How each value of `provider:` is configured: by a file, and the first one also by variables. */
function accountRows(provider, language, folder) {
  const { accounts, manifest, name } = provider
  return accounts.map(({ value, title, provider: { spec } }, index) =>
    row(
      `[${title[language]}](${folder}/${name}.md)`,
      code(value),
      codes(spec.account, language),
      index === 0 ? codes([...variablesOf(provider), manifest.baseUrlEnv], language) : words[language].onlyInFile,
    ),
  )
}

/** Path and query of a request that has no fields of an account: `/cgi-bin/ticket/get?type=agent_config`. */
function callOf({ spec }) {
  const { url, query = {} } = spec.request({})
  const search = new URLSearchParams(query).toString()
  return search === '' ? url : `${url}?${search}`
}

/** The variables of an account, by their first spelling. */
function variablesOf({ accounts: [{ provider }] }) {
  const { account, secrets, env = {} } = provider.spec
  return [...account, ...secrets].flatMap((field) => env[field]?.slice(0, 1) ?? [])
}

function pageLink({ name, manifest }, language) {
  return `[${manifest.title[language]}](providers/${name}.md)`
}

function inBoth(listOf) {
  return ['en', 'zh'].map(listOf)
}

function row(...cells) {
  return `| ${cells.join(' | ')} |`
}

function codes(names, language) {
  return names.map(code).join(words[language].comma)
}

function code(text) {
  return `\`${text}\``
}
