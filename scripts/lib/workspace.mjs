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

/** Every package: folder name, `package.json`, and whether it is published, in the order of their names. */
export function packages() {
  return readdirSync(join(root, 'packages'))
    .sort()
    .filter((folder) => existsSync(join(root, 'packages', folder, 'package.json')))
    .map((folder) => {
      const manifest = readJson(join('packages', folder, 'package.json'))
      return { folder, manifest, name: manifest.name, isPublic: manifest.private !== true }
    })
}
