// Finds packages of an installation that don't run on every Node of the workspace's `engines`.
import semver from 'semver'
import { readJson } from './workspace.mjs'

/** Major versions that users run, from that of `engines` on. */
const majors = [20, 22, 24, 26]

/** @param packages `packages` of a package-lock.json @returns a line for each that does not fit */
export function engineProblems(packages) {
  const floor = semver.minVersion(readJson('package.json').engines.node).version
  return Object.entries(packages).flatMap(([path, { version, engines }]) => {
    const wanted = engines?.node
    if (wanted === undefined) return []
    const fits = semver.satisfies(floor, wanted) && majors.every((major) => semver.intersects(`${major}.x`, wanted))
    return fits ? [] : [`EBADENGINE: ${path}@${version} wants Node ${wanted}; the floor is ${floor}`]
  })
}
