// Reads Markdown pages for the documentation checks.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packages, root } from './workspace.mjs'

/** Every page of the project, by its path below the top. */
export function pages() {
  const below = (folder) =>
    existsSync(join(root, folder))
      ? readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile() && entry.name.endsWith('.md') && !entry.parentPath.includes('node_modules'))
          .map((entry) =>
            join(entry.parentPath, entry.name)
              .slice(root.length + 1)
              .replaceAll('\\', '/'),
          )
      : []
  const flat = (folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => (folder === '.' ? name : `${folder}/${name}`))
  return [
    ...flat('.'),
    ...packages().flatMap(({ folder }) => flat(`packages/${folder}`)),
    ...['docs', 'examples', 'benchmarks'].flatMap(below),
  ].sort()
}

/**
 * Reads a page: fenced blocks with their first line, headings with level and anchor, links with their line.
 */
export function readPage(path) {
  const page = { path, blocks: [], headings: [], links: [], anchors: new Set() }
  let block
  for (const [index, line] of readFileSync(join(root, path), 'utf8').split(/\r?\n/).entries()) {
    const fence = /^( *)(`{3,}|~{3,})(.*)$/.exec(line)
    if (block !== undefined) {
      if (fence?.[2].startsWith(block.fence) && fence[3].trim() === '') block = undefined
      else block.lines.push(line.slice(Math.min(block.indent, /^ */.exec(line)[0].length)))
    } else if (fence !== null) {
      block = { fence: fence[2], indent: fence[1].length, info: fence[3].trim(), line: index + 2, lines: [] }
      page.blocks.push(block)
    } else {
      readLine(page, line, index + 1)
    }
  }
  return page
}

function readLine(page, line, number) {
  const heading = /^(#{1,6}) +(.*?) *#*$/.exec(line)
  if (heading !== null) {
    page.headings.push({ level: heading[1].length, text: heading[2], line: number })
    addAnchor(page.anchors, heading[2])
  }
  for (const [, id] of line.matchAll(/<a (?:id|name)="([^"]+)"/g)) page.anchors.add(id)
  const prose = line.replace(/`[^`]*`/g, '')
  for (const [, target] of prose.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)) {
    page.links.push({ target, line: number })
  }
  const definition = /^ {0,3}\[[^\]]+\]: +(\S+)/.exec(line)
  if (definition !== null) page.links.push({ target: definition[1], line: number })
}

/** The anchor that code hosts give a heading: lower case, punctuation dropped, spaces to hyphens, repeats numbered. */
function addAnchor(anchors, heading) {
  const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/<[^>]+>/g, '')
  const slug = text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
    .replaceAll(' ', '-')
  let anchor = slug
  for (let repeat = 1; anchors.has(anchor); repeat += 1) anchor = `${slug}-${repeat}`
  anchors.add(anchor)
}
