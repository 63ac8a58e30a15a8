// Where the workspace is, and which packages it has.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The top of the workspace. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** A JSON file, by its path below the top. */
export function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'))
}

/** Entries for the packages of this workspace only. */
const internalEntries = ['./internal', './manifest']

/** Every package: folder name, `package.json`, public entries, and whether it is published, in the order of their names. */
export function packages() {
  return readdirSync(join(root, 'packages'))
    .sort()
    .filter((folder) => existsSync(join(root, 'packages', folder, 'package.json')))
    .map((folder) => {
      const manifest = readJson(join('packages', folder, 'package.json'))
      const { name } = manifest
      return { folder, manifest, name, entries: entriesOf(folder, manifest), isPublic: manifest.private !== true }
    })
}

/** The public entries of a package: what users import, `@lingpai/testing/fleet`, and its source file. */
function entriesOf(folder, { name, exports }) {
  return Object.entries(exports ?? {})
    .filter(([path, target]) => target['@lingpai/source'] !== undefined && !internalEntries.includes(path))
    .map(([path, target]) => ({
      name: `${name}${path.slice(1)}`,
      file: join(root, 'packages', folder, target['@lingpai/source']),
    }))
}
