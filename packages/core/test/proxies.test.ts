import nodeFetch from 'node-fetch'
import { EnvHttpProxyAgent, fetch as undiciFetch, type Dispatcher } from 'undici'
import { networkFault } from '@lingpai/core/internal'
import { startConnectProxy, type ConnectProxy } from '../../testing/test/support/connect-proxy.js'
import { errorOf } from './scripted-platform.js'
import { openWorld, type World } from './world.js'

let world: World
let proxy: ConnectProxy
let dispatcher: Dispatcher
beforeEach(async () => {
  world = await openWorld()
  proxy = await startConnectProxy()
  dispatcher = agentOf(`http://${proxy.host}`)
})
afterEach(async () => {
  await dispatcher.close()
  await world.close()
  await proxy.close()
})

function agentOf(url: string): Dispatcher {
  return new EnvHttpProxyAgent({ httpProxy: url, httpsProxy: url, noProxy: '' })
}

/** As the docs advise: the built-in `fetch`, whose types are those of another undici. */
function through(agent: Dispatcher): typeof globalThis.fetch {
  const way: object = { dispatcher: agent }
  return (input, init) => globalThis.fetch(input, { ...init, ...way })
}

const clients = {
  'the built-in fetch with an agent of undici': () => through(dispatcher),
  "undici's own fetch": () => {
    const way: object = { dispatcher }
    const fetch = undiciFetch as unknown as typeof globalThis.fetch
    return ((input, init) => fetch(input, { ...init, ...way })) as typeof globalThis.fetch
  },
}

const path = '/cgi-bin/message/custom/send'
const body = JSON.stringify({ touser: 'user-1', msgtype: 'text' })

for (const [name, fetchOf] of Object.entries(clients)) {
  test(`${name} carries tokens, texts, streams, a Request and a redirect through the proxy, and heals`, async () => {
    const { simulator } = world
    const targets = new Set<string>()
    const source = world.source('wechat', world.manager({ fetch: fetchOf() }))
    const api = `${simulator.url}/wechat${path}`
    const post = { method: 'POST', body } as const
    await source.getAccessToken()
    simulator.revoke(simulator.accounts.wechat)
    expect(await (await source.fetch(new Request(api, post))).json()).toMatchObject({ errcode: 0 })
    expect(await (await source.fetch(path, post)).json()).toMatchObject({ errcode: 0 })
    const stream = { method: 'POST', body: new Blob([body]).stream(), duplex: 'half' } as const
    expect(await (await source.fetch(path, stream)).json()).toMatchObject({ errcode: 0 })
    simulator.fault({ endpoint: '/cgi-bin/moved', status: 307, headers: { location: path } })
    const moved = await source.fetch('/cgi-bin/moved', { ...post, redirect: 'manual' })
    expect(moved.status).toBe(307)
    await moved.body?.cancel()
    expect(simulator.ledger.tokenRequests()).toBe(2)
    for (const { target } of proxy.asked) targets.add(target)
    expect([...targets]).toEqual([new URL(simulator.url).host])
  })
}

test('the built-in fetch with an agent of undici sends a form through the proxy as a form', async () => {
  const { simulator } = world
  const source = world.source('wechat', world.manager({ fetch: through(dispatcher) }))
  const form = new FormData()
  form.set('media', new Blob(['a picture']), 'a.png')
  const types: (string | null)[] = []
  const spy = world.source(
    'qq',
    world.manager({
      fetch: async (input, init) => {
        types.push(new Request(input, init).headers.get('content-type'))
        return through(dispatcher)(input, init)
      },
    }),
  )
  expect((await source.fetch('/cgi-bin/media/upload', { method: 'POST', body: form })).status).toBeLessThan(500)
  await spy.fetch('/users/@me', { method: 'POST', body: form })
  expect(types.at(-1)).toMatch(/^multipart\/form-data; boundary=/)
  expect(simulator.ledger.tokenRequests()).toBe(2)
})

describe('a failing proxy is a TransportError before anything was sent', () => {
  test.each([
    [407, false],
    [403, false],
    [503, true],
  ])('HTTP %i of the proxy', async (status, retryable) => {
    await using strict = disposable(await startConnectProxy({ status }))
    const agent = agentOf(`http://some-user:PLANTED-SECRET-proxy@${strict.host}`)
    const source = world.source('wechat', world.manager({ fetch: through(agent) }))
    const error = await errorOf(world.clock.runUntil(source.getAccessToken()))
    expect(error).toMatchObject({
      code: 'ERR_LINGPAI_TRANSPORT',
      message: expect.stringMatching(
        new RegExp(`the proxy did not connect to the platform \\(HTTP ${status}\\)`),
      ) as string,
      retryable,
      hint: expect.stringContaining('HTTPS_PROXY') as string,
      details: { phase: 'connect', status },
    })
    await agent.close()
  })

  test('recognised by the code of Node.js, with and without a cause', () => {
    class Tunnel extends Error {
      readonly code = 'ERR_PROXY_TUNNEL'
      statusCode?: number
    }
    const refused = Object.assign(new Tunnel('no'), { statusCode: 407 })
    expect(networkFault(new TypeError('fetch failed', { cause: refused }))).toEqual({
      phase: 'connect',
      systemCode: 'ERR_PROXY_TUNNEL',
      problem: 'proxy',
      status: 407,
    })
    const down = new Tunnel('no', { cause: Object.assign(new Tunnel('no'), { code: 'ECONNREFUSED' }) })
    expect(networkFault(down)).toEqual({ phase: 'connect', systemCode: 'ECONNREFUSED', problem: 'proxy' })
    const distrusted = new Tunnel('no', { cause: Object.assign(new Tunnel('no'), { code: 'CERT_HAS_EXPIRED' }) })
    expect(networkFault(distrusted)).toMatchObject({ problem: 'certificate' })
  })

  test('recognised by a 407 response', async () => {
    world.simulator.fault({ endpoint: 'token', status: 407, body: '<html>who are you?' })
    // The built-in fetch rejects such a response without details.
    const fetch = nodeFetch as unknown as typeof globalThis.fetch
    const error = await errorOf(world.source('wechat', world.manager({ fetch })).getAccessToken())
    expect(error).toMatchObject({
      code: 'ERR_LINGPAI_TRANSPORT',
      retryable: false,
      hint: expect.stringContaining('HTTPS_PROXY') as string,
      details: { phase: 'status', status: 407 },
    })
  })
})

test('a platform that refuses the connection is not reported as a proxy problem', async () => {
  await proxy.close()
  const thrown: unknown = await fetch(`http://${proxy.host}/`).catch((error: unknown) => error)
  expect(networkFault(thrown)).toEqual({ phase: 'connect', systemCode: 'ECONNREFUSED' })
  proxy = await startConnectProxy()
})

function disposable(opened: ConnectProxy): ConnectProxy & AsyncDisposable {
  return { ...opened, [Symbol.asyncDispose]: () => opened.close() }
}
