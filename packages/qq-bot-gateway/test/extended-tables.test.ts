import { qqBot } from '@lingpai/provider-qq-bot'
import { QQBotSender } from '../src/sending/index.js'
import { caught } from './sending-world.js'
import { withGateways, type GatewayWorld } from './gateway-world.js'

const group = { kind: 'group', id: 'GROUP' } as const

/** A sender whose provider has additional tables and hints. */
function extended({ manager, simulator, clock }: GatewayWorld): QQBotSender {
  const provider = simulator.provider(qqBot).extend({
    errors: { api: { 'rate-limited': [790001], permission: [790002] } },
    hints: { 790002: { en: 'Ask the owner of the group.', zh: '请联系群主。' } },
  })
  return new QQBotSender({ source: manager.source(provider, simulator.accounts.qq), clock })
}

test('an error code added with extend() has its class when a message is sent', () =>
  withGateways(async (world) => {
    const { simulator, clock } = world
    const sender = extended(world)
    simulator.fault({ platform: 'qq', endpoint: 'api', status: 400, body: { code: 790001, message: 'slowly' } })
    expect(await clock.runUntil(sender.send(group, 'first'))).toMatchObject({ isPending: false })
    simulator.fault({ platform: 'qq', endpoint: 'api', status: 400, body: { code: 790002, message: 'no' } })
    expect(await clock.runUntil(caught(sender.send(group, 'second')))).toMatchObject({
      code: 'ERR_LINGPAI_PLATFORM',
      hint: 'Ask the owner of the group.',
      details: { errorClass: 'permission', platformCode: 790002 },
    })
    sender.close()
  }))

test('an error code added with extend() stops the first connection of a gateway with its hint', () =>
  withGateways(async (world) => {
    const { simulator, manager, clock, open } = world
    const provider = simulator.provider(qqBot).extend({
      errors: { api: { permission: [790003] } },
      hints: { 790003: 'Ask for the gateway in the console.' },
    })
    simulator.fault({ platform: 'qq', endpoint: '/gateway/bot', status: 400, body: { code: 790003, message: 'no' } })
    const gateway = open({ source: manager.source(provider, simulator.accounts.qq) })
    expect(await clock.runUntil(caught(gateway.connect()))).toMatchObject({
      hint: 'Ask for the gateway in the console.',
      details: { errorClass: 'permission' },
    })
  }))
