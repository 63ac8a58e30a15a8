import { seeded, withGateways } from './gateway-world.js'

test('close() during any step of connecting closes the gateway', () =>
  withGateways(async ({ simulator, clock, open }) => {
    const fault = { latencyMs: 100, times: Infinity }
    simulator.fault({ ...fault, platform: 'qq' })
    const before = clock.pendingTimers
    // Connecting takes less than a second: close after each twentieth of it.
    for (let step = 0; step < 24; step += 1) {
      const gateway = open({ random: seeded(step) })
      const failure = gateway.connect().catch((error: unknown) => error)
      await clock.advance(step * 25)
      await clock.runUntil(gateway.close())
      const outcome = (await failure) as { code?: string } | undefined
      expect(outcome === undefined || outcome.code === 'ERR_LINGPAI_CLOSED').toBe(true)
      await clock.advance(10_000)
      expect(simulator.qqGateway.connections).toEqual([])
      expect(gateway.status().state).toBe('closed')
    }
    expect(simulator.qqGateway.ledger.counts.sessions).toBeGreaterThan(0)
    expect(clock.pendingTimers).toBe(before)
  }))

test('close() ends the wait between two connections', () =>
  withGateways(async ({ simulator, clock, connected }) => {
    const gateway = await connected()
    simulator.fault({ endpoint: '/websocket', drop: 'before', times: Infinity })
    simulator.qqGateway.disturb({ drop: 'reset' })
    await clock.advance(30_000)
    const { connects } = simulator.qqGateway.ledger.counts
    await clock.runUntil(gateway.close())
    simulator.clearFaults()
    await clock.advance(3_600_000)
    expect(simulator.qqGateway.ledger.counts.connects).toBe(connects)
  }))

test('close() may be called twice, and a closed gateway does not connect', () =>
  withGateways(async ({ simulator, clock, open, connected }) => {
    const gateway = await connected()
    await clock.runUntil(Promise.all([gateway.close(), gateway.close(), gateway[Symbol.asyncDispose]()]))
    const never = open()
    await clock.runUntil(never.close())
    await expect(never.connect()).rejects.toMatchObject({ code: 'ERR_LINGPAI_CLOSED' })
    expect(simulator.qqGateway.ledger.counts.connects).toBe(1)
  }))

test('the socket is terminated if the platform does not complete the closing handshake', () =>
  withGateways(async ({ simulator, clock, connected }) => {
    const gateway = await connected()
    simulator.qqGateway.disturb({ freeze: true })
    const closing = gateway.close()
    await clock.advance(2000)
    await closing
    expect(gateway.status().state).toBe('closed')
  }))

test('connect() called twice connects once', () =>
  withGateways(async ({ simulator, clock, open }) => {
    const gateway = open()
    const first = gateway.connect()
    expect(gateway.connect()).toBe(first)
    await clock.runUntil(first)
    expect(simulator.qqGateway.ledger.counts.connects).toBe(1)
  }))

test('a closed gateway leaves no timer and no socket', () =>
  withGateways(async ({ simulator, clock, open }) => {
    const before = clock.pendingTimers
    const gateway = open()
    await clock.runUntil(gateway.connect())
    expect(clock.pendingTimers).toBeGreaterThan(before)
    await clock.advance(100_000)
    await clock.runUntil(gateway.close())
    await clock.settle()
    expect(clock.pendingTimers).toBe(before)
    expect(simulator.qqGateway.connections).toEqual([])
  }))
