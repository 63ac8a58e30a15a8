import type { Sizes } from './harness/scenario.js'
import { scenarioNamed } from './scenarios/scenarios.js'

/** One run of one contender in a process of its own: `run-one.mjs SCENARIO CONTENDER SIZES`. Sends the figures to its parent. */
const [scenario = '', contender = '', sizes = '{}'] = process.argv.slice(2)
process.once('disconnect', () => process.exit(1))
const figures = await scenarioNamed(scenario).run(contender, JSON.parse(sizes) as Sizes)
process.send?.(figures)
// Ends only when the parent has them: its event `exit` may come before a message.
process.once('message', () => process.exit())
