import type { Scenario } from '../harness/scenario.js'
import { accounts } from './accounts.js'
import { bytes } from './bytes.js'
import { coldProcesses } from './cold-processes.js'
import { coldStorm } from './cold-storm.js'
import { expiry } from './expiry.js'
import { forward } from './forward.js'
import { hotPath } from './hot-path.js'
import { importCost } from './import.js'
import { lives } from './lives.js'
import { outage } from './outage.js'
import { rejectionStorm } from './rejection-storm.js'
import { renewalStorm } from './renewal-storm.js'
import { server } from './server.js'
import { sharedReads } from './shared-reads.js'
import { sleep } from './sleep.js'

/** Every scenario, in the order of the pages. */
export const scenarios: readonly Scenario[] = [
  hotPath,
  bytes,
  coldStorm,
  expiry,
  lives,
  rejectionStorm,
  outage,
  renewalStorm,
  accounts,
  sleep,
  coldProcesses,
  sharedReads,
  importCost,
  server,
  forward,
]

export function scenarioNamed(name: string): Scenario {
  const found = scenarios.find((one) => one.name === name)
  if (found === undefined) throw new TypeError(`no scenario is named ${name}`)
  return found
}
