// docs/{en,zh}/providers/*.md: the facts below the mark are generated, the text above it is written by hand. A package without
// a page gets one with its installation and use.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../lib/workspace.mjs'
import { renderFigures } from './figures.mjs'
import { newPage } from './new-page.mjs'

const begin = '<!-- generated:begin -->'
const end = '<!-- generated:end -->'

/** Returns the expected text of every page, by path. */
export function providerPages(providers) {
  return providers.flatMap((provider) =>
    ['en', 'zh'].map((language) => {
      const path = `docs/${language}/providers/${provider.name}.md`
      const file = join(root, path)
      const text = existsSync(file) ? readFileSync(file, 'utf8') : newPage(provider, language, `${begin}\n${end}\n`)
      return [path, withFigures(path, text, renderFigures({ ...provider.providers, ...provider.tickets }, language))]
    }),
  )
}

/** Pages of packages that no longer exist. */
export function pagesWithoutPackage(providers) {
  const known = providers.map(({ name }) => `${name}.md`)
  return ['en', 'zh'].flatMap((language) =>
    readdirSync(join(root, `docs/${language}/providers`))
      .filter((page) => !known.includes(page))
      .map((page) => `docs/${language}/providers/${page}`),
  )
}

function withFigures(path, text, figures) {
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`${path} needs ${begin} and, below it, ${end}`)
  return `${text.slice(0, from + begin.length)}\n\n${figures}\n\n${text.slice(to)}`
}
