// A copy of the workspace in a temporary directory, for checks that build in it or change it.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { packages, root } from './workspace.mjs'

const notCopied = new Set(['dist', 'node_modules', 'coverage'])

/**
 * Copies sources and configuration, and links npm packages and the copies of the workspace's own packages. A directory beside the
 * copy can't find its packages.
 *
 * @param also files and folders at the top that are copied as well
 */
export function stageWorkspace(also = []) {
  const place = mkdtempSync(join(realpathSync(tmpdir()), 'lingpai-stage-'))
  const staged = join(place, 'workspace')
  mkdirSync(staged)
  for (const name of readdirSync(root)) {
    if (/^(package\.json|tsconfig.*\.json|\.dependency-cruiser\.cjs|LICENSE)$/.test(name)) {
      cpSync(join(root, name), join(staged, name))
    }
  }
  for (const name of also) cpSync(join(root, name), join(staged, name), { recursive: true })
  mkdirSync(join(staged, 'packages'))
  mkdirSync(join(staged, 'node_modules/@lingpai'), { recursive: true })
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== '@lingpai') link(join(root, 'node_modules', name), join(staged, 'node_modules', name))
  }
  for (const { folder, name } of packages()) {
    const from = join(root, 'packages', folder)
    const to = join(staged, 'packages', folder)
    cpSync(from, to, { recursive: true, filter: (path) => !notCopied.has(basename(path)) })
    if (existsSync(join(from, 'node_modules'))) link(join(from, 'node_modules'), join(to, 'node_modules'))
    link(to, join(staged, 'node_modules', name))
  }
  return { root: staged, place, remove: () => rmSync(place, { recursive: true, force: true }) }
}

/** On Windows, a junction needs no permission; elsewhere the type is ignored. */
function link(target, path) {
  symlinkSync(target, path, 'junction')
}
