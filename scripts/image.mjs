// node scripts/image.mjs <directory>: writes the contents of the token server's image there. The packages must be built.
import { resolve } from 'node:path'
import { assembleImage } from './lib/assemble-image.mjs'
import { root } from './lib/workspace.mjs'

const [directory] = process.argv.slice(2)
if (directory === undefined) {
  console.error('image: name the directory, as in: node scripts/image.mjs /app')
  process.exitCode = 2
} else {
  assembleImage(root, resolve(directory))
}
