// Writes the tables of docs/{en,zh}/providers/*.md from the provider specs; `--check` only says which pages are stale.
// node --conditions=@lingpai/source --import tsx scripts/provider-docs.mjs [--check]
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { qqBot } from '@lingpai/provider-qq-bot'
import { cardTicket, jsapiTicket, wechatMp, wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { agentTicket, corpTicket, wecom } from '@lingpai/provider-wecom'
import { format, resolveConfig } from 'prettier'
import { renderProviders } from './provider-docs/render.mjs'

const command = 'node --conditions=@lingpai/source --import tsx scripts/provider-docs.mjs'
const begin = '<!-- generated:begin -->'
const end = '<!-- generated:end -->'

/** A page shows each provider of its package. */
const pages = {
  'qq-bot': { qqBot },
  'wechat-mp': { wechatMp, wechatMpPlain, jsapiTicket, cardTicket },
  wecom: { wecom, corpTicket, agentTicket },
}

const isCheck = process.argv.includes('--check')
const stale = []
for (const [name, providers] of Object.entries(pages)) {
  for (const language of ['en', 'zh']) {
    const path = `docs/${language}/providers/${name}.md`
    const file = fileURLToPath(new URL(`../${path}`, import.meta.url))
    const before = await readFile(file, 'utf8')
    const after = await withTables(path, file, before, renderProviders(providers, language))
    if (after === before) continue
    stale.push(path)
    if (!isCheck) await writeFile(file, after)
  }
}

for (const path of stale) {
  if (isCheck) console.error(`${path} is stale; run: ${command}`)
  else console.log(`wrote ${path}`)
}
process.exitCode = isCheck && stale.length > 0 ? 1 : 0

/** The page with the part between the marks replaced, formatted as the whole repository is. */
async function withTables(path, file, text, tables) {
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`${path} needs ${begin} and, below it, ${end}`)
  const page = `${text.slice(0, from + begin.length)}\n\n${tables}\n\n${text.slice(to)}`
  return format(page, { ...(await resolveConfig(file)), parser: 'markdown' })
}
