// node scripts/build.mjs [--clean]: writes packages/*/dist as it is published, or removes it. Nothing in the repository needs it: packages
// import each other from source.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildWorkspace } from './lib/build-workspace.mjs'
import { packages, root } from './lib/workspace.mjs'

if (process.argv.includes('--clean')) {
  for (const { folder } of packages()) rmSync(join(root, 'packages', folder, 'dist'), { recursive: true, force: true })
} else {
  const problems = await buildWorkspace(root)
  if (problems.length > 0) {
    console.error(problems.join('\n'))
    process.exitCode = 1
  }
}
