import { seeded, withGateways } from './gateway-world.js'

const hourMs = 3_600_000

/** Bytes in use after garbage collection. The flag is set at run time, because the suite runs without it. */
async function heapUsed(): Promise<number> {
  const { setFlagsFromString } = await import('node:v8')
  const { runInNewContext } = await import('node:vm')
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let round = 0; round < 3; round += 1) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return process.memoryUsage().heapUsed
}

test('memory stays flat over 24 hours with events and drops, and close() leaves nothing behind', () =>
  withGateways(async ({ simulator, clock, open }) => {
    const timers = clock.pendingTimers
    const random = seeded(3)
    const gateway = open({ random, rememberedEvents: 500 })
    let seen = 0
    let sent = 0
    gateway.on('c2c_message', () => void (seen += 1))
    simulator.qqGateway.change({ keptEvents: 500 })
    await clock.runUntil(gateway.connect())
    let warm = 0
    for (let hour = 0; hour < 24; hour += 1) {
      for (let burst = 0; burst < 5; burst += 1) {
        for (let event = 0; event < 200; event += 1) {
          simulator.qqGateway.dispatch('C2C_MESSAGE_CREATE', { id: `m${sent}`, content: 'x'.repeat(200) })
          sent += 1
        }
        await clock.advance(hourMs / 5)
      }
      simulator.qqGateway.disturb({ drop: 'reset' })
      await clock.advance(60_000)
      // The simulator's own records must not count as the gateway's.
      simulator.qqGateway.ledger.reset()
      simulator.ledger.reset()
      if (hour === 11) warm = await heapUsed()
    }
    expect(seen).toBe(sent)
    // Retaining the 12,000 events of the second half would cost 6 MB and more.
    expect((await heapUsed()) - warm).toBeLessThan(1_500_000)
    await clock.runUntil(gateway.close())
    await clock.settle()
    expect(clock.pendingTimers).toBe(timers)
    expect(simulator.qqGateway.connections).toEqual([])
  }))
