// npm run build: writes packages/*/dist. Nothing in the repository needs it: packages import each other from source.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildWorkspace } from './lib/build-workspace.mjs'
import { commandLine } from './lib/command-line.mjs'
import { packages, root } from './lib/workspace.mjs'

const { values } = commandLine({
  usage: ['npm run build', 'npm run clean'],
  what: 'Writes packages/*/dist as it is published.',
  options: { clean: { type: 'boolean', what: 'removes it instead' } },
})
if (values.clean) {
  for (const { folder } of packages()) rmSync(join(root, 'packages', folder, 'dist'), { recursive: true, force: true })
} else {
  const problems = await buildWorkspace(root)
  if (problems.length > 0) {
    console.error(problems.join('\n'))
    process.exitCode = 1
  }
}
