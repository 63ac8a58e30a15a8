import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './workspace.mjs'

/** The problems of the `package.json`, README and LICENSE of a public package. */
export function manifestProblems({ folder, manifest, name }, rootManifest, license) {
  const problems = []
  const expect = (isRight, problem) => {
    if (!isRight) problems.push(`package.json: ${problem}`)
  }
  expect(name === `@lingpai/${folder}`, `"name" must be @lingpai/${folder}`)
  expect(manifest.version === rootManifest.version, `"version" must be ${rootManifest.version}, as in all packages`)
  expect(manifest.type === 'module', '"type" must be "module"')
  expect(manifest.license === rootManifest.license, `"license" must be ${rootManifest.license}`)
  expect(manifest.sideEffects === false, '"sideEffects" must be false')
  expect(manifest.engines?.node === rootManifest.engines.node, `"engines.node" must be ${rootManifest.engines.node}`)
  expect((manifest.description ?? '') !== '', 'a description is missing')
  expect(manifest.main === './dist/index.js' && manifest.types === './dist/index.d.ts', 'main and types serve node10')
  expect(manifest.exports?.['.'] !== undefined, 'exports must have "."')
  expect(manifest.exports?.['./package.json'] === './package.json', 'exports must have "./package.json"')
  for (const [path, target] of Object.entries(manifest.exports ?? {})) {
    expect(
      typeof target === 'string' || Object.keys(target).join() === '@lingpai/source,types,default',
      `exports["${path}"] must have "@lingpai/source", "types", "default", in this order`,
    )
  }
  for (const entry of ['dist', '!dist/.tsbuildinfo', 'src']) {
    expect(manifest.files?.includes(entry), `files is to have ${entry}`)
  }
  const isLeaf = /^(provider|cache)-/.test(folder) || folder === 'testing'
  expect(!isLeaf || manifest.peerDependencies?.['@lingpai/core'] !== undefined, 'core must be a peer dependency')
  expect(!isLeaf || manifest.dependencies?.['@lingpai/core'] === undefined, 'a second copy of core could be installed')
  expect(folder !== 'core' || Object.keys(manifest.dependencies ?? {}).length === 0, 'core has no runtime dependency')
  for (const kind of ['dependencies', 'peerDependencies', 'devDependencies']) {
    for (const [other, range] of Object.entries(manifest[kind] ?? {})) {
      expect(!other.startsWith('@lingpai/') || range === rootManifest.version, `${kind}: ${other} in another version`)
      // A bridge works with the SDK that its users have.
      const isTheirs = kind === 'peerDependencies' && !other.startsWith('@lingpai/')
      expect(isTheirs || /^\d/.test(range), `${kind}: ${other} must have an exact version`)
    }
  }
  for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) {
    expect(manifest.scripts?.[script] === undefined, `no ${script} script: it runs at the user's`)
  }
  const file = (path) => join(root, 'packages', folder, path)
  if (!existsSync(file('README.md'))) problems.push('README.md is missing')
  if (!existsSync(file('LICENSE')) || readFileSync(file('LICENSE'), 'utf8') !== license) {
    problems.push('LICENSE is not a copy of the one at the top')
  }
  return problems
}
