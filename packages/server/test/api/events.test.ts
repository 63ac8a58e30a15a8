import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TokenManager } from '@lingpai/core'
import { openServerWorld, until, type ServerWorld } from './server-world.js'
import { readEvents, type EventReader } from '../../../testing/test/support/read-events.js'

let world: ServerWorld
let readers: EventReader[]
beforeEach(async () => {
  world = await openServerWorld()
  readers = []
})
afterEach(async () => {
  for (const reader of readers) reader.close()
  await world.close()
})

const refresh = (account: string) => world.call(`/v1/accounts/${account}/refreshes`, { method: 'POST' })

async function open(key: string): Promise<EventReader> {
  const reader = await readEvents(`${world.url}/v1/events`, { authorization: `Bearer ${key}` })
  readers.push(reader)
  return reader
}

describe('server-sent events', () => {
  test('an event stream begins with the status of each account, continues with changes, and never contains a token', async () => {
    const events = await open(world.key())
    expect(events.status).toBe(200)
    expect(events.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(events.headers.get('cache-control')).toBe('no-store')
    const names = [(await events.next('status'))?.data, (await events.next('status'))?.data].map(
      (data) => data?.['name'],
    )
    expect(names).toEqual(['bot', 'shop'])

    await refresh('shop')
    expect(await events.next('rotated')).toEqual({
      event: 'rotated',
      data: {
        account: 'shop',
        generation: 1,
        expires_at: expect.any(Number),
        reason: 'requested',
        at: expect.any(Number),
      },
    })
    expect(await events.next('timeline')).toMatchObject({
      data: { account: 'shop', event: 'refreshed', generation: 1, reason: 'requested', by: 'operator' },
    })
    expect(await events.next('status', ({ state }) => state === 'valid')).toMatchObject({
      data: { name: 'shop', generation: 1, last_refresh: { event: 'refreshed', by: 'operator' } },
    })
    expect(events.text()).toMatch(/^retry: 2000\n\n/)
    expect(events.text()).not.toContain('simtok_')
  })

  test('an event stream contains only the accounts of its key', async () => {
    const events = await open(world.key({ role: 'reader', accounts: ['bot'] }))
    await events.next('status')
    await refresh('shop')
    await refresh('bot')
    await events.next('status', ({ generation }) => generation === 1)
    expect(events.text()).not.toContain('shop')
  })

  test('an event of a failure contains the hint', async () => {
    const events = await open(world.key())
    world.simulator.change('wechat', { ipAllow: ['203.0.113.9'] })
    await world.call('/v1/accounts/shop/token')
    expect(await events.next('timeline')).toMatchObject({
      data: { event: 'refresh-failed', class: 'ip-denied', platform_code: 40164, hint: { zh: expect.any(String) } },
    })
    expect(await events.next('status', ({ state }) => state === 'failing')).toMatchObject({
      data: { name: 'shop', last_failure: { class: 'ip-denied' } },
    })
  })

  test('revoking a key ends its event streams and no others', async () => {
    const key = world.key()
    const [events, others] = [await open(key), await open(world.key())]
    await Promise.all([events.next('status'), others.next('status')])
    world.revoke(key)
    expect(await events.next('never')).toBeUndefined()
    await refresh('shop')
    expect(await others.next('rotated')).toMatchObject({ data: { account: 'shop' } })
  })

  test('shutting down the server ends its event streams', async () => {
    const events = await open(world.key())
    await events.next('status')
    await world.server.close()
    expect(await events.next('never')).toBeUndefined()
  })

  test('replacing the accounts ends the event streams, so that clients connect again', async () => {
    const events = await open(world.key())
    await events.next('status')
    world.accounts.replace(world.accounts.all().slice(1))
    expect(await events.next('never')).toBeUndefined()
    expect((await (await open(world.key())).next('status'))?.data['name']).toBe('shop')
  })

  test('an event stream of very many accounts begins with the status of each, although that is more than a client may leave unread', async () => {
    await refresh('bot')
    const [bot] = world.accounts.all()
    const names = Array.from({ length: 13_000 }, (_, index) => `bot${index}`)
    world.accounts.replace(names.map((name) => ({ ...bot!, name })))
    const { hostname, port } = new URL(world.url)
    const socket = connect(Number(port), hostname)
    socket.write(`GET /v1/events HTTP/1.0\r\nhost: x\r\nauthorization: Bearer ${world.key()}\r\n\r\n`)
    const parts: string[] = []
    for await (const part of socket.setEncoding('latin1')) {
      parts.push(part as string)
      if (parts.slice(-2).join('').includes('"name":"bot12999"')) break
    }
    const text = parts.join('')
    expect([...text.matchAll(/"name":"(bot\d+)"/g)].map(([, name]) => name)).toEqual(names)
    expect(text.length).toBeGreaterThan(4 * 1024 * 1024)
  })

  test('a client that does not read its event stream is disconnected, and the others still receive events', async () => {
    // A manager that is much busier than a real one.
    const listeners: ((event: object) => unknown)[] = []
    const manager: Pick<TokenManager, 'on'> = {
      on: (name, listener) => {
        if (name === 'refreshed') listeners.push(listener as (event: object) => unknown)
        return () => undefined
      },
    }
    const busy = await openServerWorld({ simulator: world.simulator, manager })
    const { hostname, port } = new URL(busy.url)
    const open = async (): Promise<Socket> => {
      const socket = connect(Number(port), hostname)
      socket.write(`GET /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${busy.key()}\r\n\r\n`)
      await once(socket, 'readable')
      return socket
    }
    const [deaf, attentive] = [await open(), await open()]
    let heard = ''
    attentive.setEncoding('utf8').on('data', (text: string) => (heard = `${heard}${text}`.slice(-1000)))
    const sockets = (): Promise<number> =>
      new Promise((resolve) => busy.server.app.server.getConnections((_, count) => resolve(count)))
    expect(await sockets()).toBe(2)
    const { account } = busy.accounts.get('shop')!.source
    const note = 'x'.repeat(200)
    for (let burst = 1; (await sockets()) === 2; burst += 1) {
      for (let i = 0; i < 100; i += 1)
        for (const listener of listeners) listener({ account, atMs: i, generation: burst, note, expiresAtMs: i })
      await until(() => heard.includes(`"at":99,"event":"refreshed","generation":${burst},`))
    }
    expect(await sockets()).toBe(1)
    expect(attentive.readableEnded).toBe(false)
    for (const socket of [deaf, attentive]) socket.destroy()
    await busy.close()
  })
})

describe('long polling', () => {
  const poll = (query: string, signal?: AbortSignal) =>
    world.call(`/v1/accounts/shop/changes?${query}`, { ...(signal && { signal }) })

  test('a poll with an outdated generation gets a response at once', async () => {
    await refresh('shop')
    expect(await poll('generation=0&wait=60')).toMatchObject({ status: 200, body: { name: 'shop', generation: 1 } })
  })

  test('a poll with the current generation gets a response when it changes', async () => {
    await refresh('shop')
    const response = poll('generation=1&wait=60')
    await until(() => world.manager.sources().length > 0)
    await refresh('shop')
    expect(await response).toMatchObject({ status: 200, body: { generation: 2 } })
  })

  test('a poll without a change gets 204 after the wait', async () => {
    await refresh('shop')
    const response = await poll('generation=1&wait=0')
    expect(response).toMatchObject({ status: 204, text: '' })
  })

  test('shutting down the server ends its polls with 204', async () => {
    await refresh('shop')
    const response = poll('generation=1&wait=60')
    const connections = (): Promise<number> =>
      new Promise((resolve) => world.server.app.server.getConnections((_, count) => resolve(count)))
    await until(async () => (await connections()) >= 1)
    // Let the request arrive before the server stops listening.
    await world.call('/healthz')
    await world.server.close()
    expect(await response).toMatchObject({ status: 204 })
  })

  test('a poll of a key that is revoked meanwhile gets no status', async () => {
    await refresh('shop')
    const key = world.key()
    const response = world.call('/v1/accounts/shop/changes?generation=1&wait=60', { key })
    await world.call('/healthz')
    world.revoke(key)
    await refresh('shop')
    expect((await response).status).toBe(401)
  })

  test('creating or revoking a key does not end the polls of other keys', async () => {
    await refresh('shop')
    const key = world.key()
    const response = world.call('/v1/accounts/shop/changes?generation=1&wait=60', { key })
    await world.call('/healthz')
    world.revoke(world.key())
    await refresh('shop')
    expect(await response).toMatchObject({ status: 200, body: { generation: 2 } })
  })

  test.each(['', 'generation=-1', 'generation=x', 'generation=1&wait=61', 'generation=1.5'])(
    'a poll for %j is malformed',
    async (query) => {
      expect((await poll(query)).status).toBe(400)
    },
  )
})
