import { findingsOf, type Finding } from './finding.js'

/** The oldest supported version of Node.js, as in the package manifests. */
const oldest = [20, 19] as const

/** Checks the version of Node.js. @param version such as `20.20.2` */
export function checkNode(version: string): Finding {
  const { ok, fail } = findingsOf('lingpai')
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isEnough = major > oldest[0] || (major === oldest[0] && minor >= oldest[1])
  return isEnough
    ? ok('node', `Node.js ${version}`)
    : fail('node', `Node.js ${version} is too old`, { action: `Install Node.js ${oldest.join('.')} or newer.` })
}
