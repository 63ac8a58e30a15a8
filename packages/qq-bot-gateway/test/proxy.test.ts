import { HttpsProxyAgent } from 'https-proxy-agent'
import { WebSocket } from 'ws'
import { startConnectProxy } from '../../testing/test/support/connect-proxy.js'
import type { QQBotGatewaySocketOptions } from '../src/index.js'
import { withGateways } from './gateway-world.js'

function through(url: string) {
  const agent = new HttpsProxyAgent(url)
  return class extends WebSocket {
    constructor(address: string, options: QQBotGatewaySocketOptions) {
      super(address, { ...options, agent })
    }
  }
}

test('a WebSocket class with an agent connects through a proxy, with its user and password', () =>
  withGateways(async ({ simulator, connected }) => {
    const proxy = await startConnectProxy({ credentials: 'some-user:PLANTED-SECRET-proxy' })
    const gateway = await connected({ WebSocket: through(`http://some-user:PLANTED-SECRET-proxy@${proxy.host}`) })
    expect(gateway.status().state).toBe('live')
    expect(proxy.asked).toEqual([
      { target: new URL(simulator.url).host, credentials: 'some-user:PLANTED-SECRET-proxy' },
    ])
    await gateway.close()
    await proxy.close()
  }))

test('a proxy that requires a password causes a TransportError whose hint names the proxy and not the password', () =>
  withGateways(async ({ clock, open }) => {
    const proxy = await startConnectProxy({ credentials: 'other:password' })
    const gateway = open({ WebSocket: through(`http://some-user:PLANTED-SECRET-proxy@${proxy.host}`) })
    const told = new Promise<unknown>((resolve) => gateway.on('error', resolve))
    gateway.connect().catch(() => undefined)
    const error = await clock.runUntil(told)
    expect(error).toMatchObject({
      code: 'ERR_LINGPAI_TRANSPORT',
      details: { phase: 'status', status: 407 },
      hint: expect.stringMatching(/proxy.*user and password/) as string,
    })
    expect(String(error)).not.toMatch(/PLANTED/)
    await clock.runUntil(gateway.close())
    await proxy.close()
  }))
