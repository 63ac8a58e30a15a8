import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { bundlePackage } from './bundle.mjs'
import { packages, root } from './workspace.mjs'

/**
 * Builds `dist` of every package: the compiler checks the sources and writes the declarations, then the code is bundled.
 *
 * @param workspace the top of the workspace or of a copy
 * @returns a line for each problem
 */
export async function buildWorkspace(workspace) {
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const env = { ...process.env, NODE_OPTIONS: '' }
  const run = spawnSync(process.execPath, [compiler, '-b', '--emitDeclarationOnly'], {
    cwd: workspace,
    encoding: 'utf8',
    env,
  })
  if (run.status !== 0) return [`tsc -b failed\n${run.stdout}${run.stderr}`]
  const problems = []
  for (const { folder, name } of packages()) {
    const found = await bundlePackage(join(workspace, 'packages', folder))
    problems.push(...found.map((problem) => `${name}: ${problem}`))
  }
  return problems
}
