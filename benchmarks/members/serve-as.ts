import type { ServerTarget } from './server-target.js'

/** Tells the parent where this process serves, and its processor time in microseconds whenever it is asked. */
export function serveAs(target: ServerTarget): void {
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.(user + system)
  })
  process.once('disconnect', () => process.exit())
  process.send?.(target)
}
