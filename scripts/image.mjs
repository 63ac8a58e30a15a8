// Writes the contents of the token server's image. The packages must be built.
import { resolve } from 'node:path'
import { assembleImage } from './lib/assemble-image.mjs'
import { commandLine, wrongUsage } from './lib/command-line.mjs'
import { root } from './lib/workspace.mjs'

const { names } = commandLine({
  usage: 'node scripts/image.mjs DIRECTORY',
  what: "Writes the contents of the token server's image there.",
  takesNames: true,
})
const [directory] = names
if (directory === undefined || names.length > 1) wrongUsage('name one directory')
assembleImage(root, resolve(directory))
