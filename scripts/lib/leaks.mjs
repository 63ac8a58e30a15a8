import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { packages, readJson, root } from './workspace.mjs'

/** Patterns of planted secrets and of the simulator's tokens, by kind. */
const markers = Object.entries(readJson('scripts/planted-markers.json')).map(([what, pattern]) => ({
  what,
  pattern: new RegExp(pattern, 'g'),
}))

/** Every line with a planted value, as `where:line: what: the line`, with the value masked. */
export function leaksInLines(where, lines) {
  return lines.flatMap((line, index) => {
    const found = markers.filter(({ pattern }) => line.search(pattern) >= 0).map(({ what }) => what)
    const masked = markers.reduce((text, { pattern }) => text.replace(pattern, '***'), line)
    return found.length > 0 ? [`${where}:${index + 1}: ${found.join(', ')}: ${masked.trim().slice(0, 200)}`] : []
  })
}

/** The same for all files below a directory, and for their names. */
export function leaksInDirectory(directory) {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name)
    const name = relative(directory, path)
    const ofName = leaksInLines('name of a file', [name])
    return entry.isFile() ? [...ofName, ...leaksInLines(name, readFileSync(path, 'utf8').split('\n'))] : ofName
  })
}

/** Markers that no test contains: searching for a secret that is never planted proves nothing. */
export function unplantedMarkers() {
  const texts = packages().flatMap(({ folder }) => {
    const directory = join(root, 'packages', folder, 'test')
    if (!existsSync(directory)) return []
    return readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
  })
  return markers.filter(({ pattern }) => texts.every((text) => text.search(pattern) < 0)).map(({ what }) => what)
}
