import { told, withBots } from './bot-process.js'

test('the shards of two processes start at the pace that the platform allows', () =>
  withBots(async (simulator, start) => {
    const bots = [start({ shard: '0/2' }), start({ shard: '1/2' })]
    await Promise.all(bots.map((bot) => bot.until(() => told(bot, 'ready') === 1)))
    const starts = simulator.qqGateway.ledger.entries.filter(({ kind }) => kind === 'identify')
    expect(starts.map(({ code, shard }) => [code, shard]).sort()).toEqual([
      [0, 0],
      [0, 1],
    ])
    expect(starts[1]!.atMs - starts[0]!.atMs).toBeGreaterThanOrEqual(5000)
    expect(simulator.qqGateway.ledger.counts.overLimit).toBe(0)
    expect(simulator.ledger.tokenRequests()).toBe(1)
  }))
