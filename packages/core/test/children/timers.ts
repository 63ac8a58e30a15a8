import { systemClock } from '@lingpai/core'

/** Exits by itself and prints nothing if the core's timers neither fire early nor keep a process alive. */
const hourMs = 3_600_000
systemClock.setTimer(() => process.stdout.write('forty days fired at once\n'), 40 * 24 * hourMs)
systemClock.setTimer(() => process.stdout.write('an hour kept the process alive\n'), hourMs)
systemClock.setTimer(() => process.stdout.write('a cancelled timer fired\n'), 0).cancel()
await new Promise((resolve) => {
  setImmediate(() => setImmediate(resolve))
})
