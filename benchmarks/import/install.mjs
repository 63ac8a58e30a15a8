import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { buildWorkspace } from '../../scripts/lib/build-workspace.mjs'
import { stageWorkspace } from '../../scripts/lib/stage.mjs'
import { packages } from '../../scripts/lib/workspace.mjs'

/**
 * Builds and packs packages of this workspace, and unpacks them into the `node_modules` of a directory, as npm would. Their npm
 * dependencies are copied from the workspace.
 */
export async function installPackages(names, directory) {
  const stage = stageWorkspace()
  try {
    const problems = await buildWorkspace(stage.root)
    if (problems.length > 0) throw new Error(problems.join('\n'))
    for (const { name, manifest } of packages().filter(({ name }) => names.includes(name))) {
      const place = join(directory, 'node_modules', name)
      mkdirSync(place, { recursive: true })
      const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', directory, '--workspace', name]
      const [{ filename }] = Object.values(JSON.parse(run('npm', args, stage.root)))
      run('tar', ['-xzf', join(directory, filename), '--strip-components=1', '-C', place], directory)
      for (const dependency of Object.keys(manifest.dependencies ?? {})) {
        cpSync(join(stage.root, 'node_modules', dependency), join(directory, 'node_modules', dependency), {
          recursive: true,
          dereference: true,
        })
      }
    }
  } finally {
    stage.remove()
  }
}

function run(command, args, cwd) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args[0]} failed\n${stdout}${stderr}`)
  return stdout
}
