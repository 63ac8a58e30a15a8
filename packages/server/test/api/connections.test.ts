import { once } from 'node:events'
import { request } from 'node:https'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { testClock } from '@lingpai/testing'
import { sessionLifeMs } from '../../src/auth/session-cookie.js'
import { openServerWorld, until, type ServerWorld } from './server-world.js'
import { certificate } from '../../../testing/test/support/certificate.js'
import { readEvents } from '../../../testing/test/support/read-events.js'

let world: ServerWorld
let sockets: Socket[]
beforeEach(() => {
  sockets = []
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await world.close()
})

const portOf = ({ url }: ServerWorld): number => Number(new URL(url).port)
const tracked = (socket: Socket): Socket => {
  socket.on('error', () => undefined)
  sockets.push(socket)
  return socket
}
const silent = async (): Promise<Socket> => {
  const socket = tracked(connect(portOf(world), '127.0.0.1'))
  await once(socket, 'connect')
  return socket
}
const silentAfterTls = async (): Promise<Socket> => {
  const socket = tracked(connectTls({ port: portOf(world), host: '127.0.0.1', rejectUnauthorized: false }))
  await once(socket, 'secureConnect')
  return socket
}
const several = <T>(count: number, make: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, make))
const allClosed = async (open: readonly Socket[]): Promise<void> => {
  for (const socket of open) socket.resume()
  // Not `once`: a reset counts as an end, too.
  await Promise.all(open.map((socket) => socket.destroyed || new Promise((resolve) => socket.once('close', resolve))))
}
const holds = (path: string, key: string): string =>
  `GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n\r\n`

describe('silent connections', () => {
  test('two hundred silent TLS connections are closed after a few seconds, before, in and after the handshake', async () => {
    const made = certificate('silent')
    world = await openServerWorld({ tls: made })
    const open = [
      ...(await several(200, silent)),
      ...(await several(20, silentAfterTls)),
      ...(await several(20, async () => {
        const socket = await silent()
        // The beginning of a ClientHello.
        socket.write(Buffer.from('160301020001000100', 'hex'))
        return socket
      })),
      ...(await several(20, async () => {
        const socket = await silentAfterTls()
        socket.write('GET /healthz HTTP/1.1\r\nhost:')
        return socket
      })),
    ]
    const status = new Promise((resolve, reject) => {
      request(`${world.url}/healthz`, { ca: made.cert, agent: false }, (response) => {
        resolve(response.resume().statusCode)
      })
        .on('error', reject)
        .end()
    })
    expect(await status).toBe(200)
    await allClosed(open)
  }, 60_000)

  test('silent plain connections are closed after a few seconds', async () => {
    world = await openServerWorld()
    const halves = await several(20, async () => {
      const socket = await silent()
      socket.write('GET /healthz HTTP/1.1\r\nhost:')
      return socket
    })
    await allClosed([...(await several(200, silent)), ...halves])
  }, 60_000)

  test.each([['with TLS'], ['without TLS']])('silent connections %s do not delay the shutdown', async (how) => {
    world = await openServerWorld(how === 'with TLS' ? { tls: certificate('end') } : {})
    const open = await several(5, silent)
    await world.server.close()
    await allClosed(open)
  })
})

describe('the open requests of a key', () => {
  test('a key at its limit of open requests delays no calls of any key', async () => {
    world = await openServerWorld()
    const key = world.key({ role: 'reader' })
    const [other, path] = [world.key({ role: 'reader' }), '/v1/accounts/shop/changes?generation=0&wait=60']
    const open = await several(200, silent)
    // Streams and polls share one limit.
    open.forEach((socket, i) => void socket.write(holds(i % 2 === 0 ? '/v1/events' : path, key)))
    await Promise.all(open.filter((_, i) => i % 2 === 0).map((socket) => once(socket, 'data')))
    const isFull = async (): Promise<boolean> =>
      (await world.call('/v1/accounts/shop/changes?generation=0&wait=0', { key })).status === 429
    while (!(await isFull())) await world.call('/healthz')
    for (const asked of [path, '/v1/events']) {
      const rejected = await world.call(asked, { key })
      expect(rejected).toMatchObject({ status: 429, body: { error: { code: 'ERR_RATE_LIMITED' } } })
      expect(rejected.headers.get('retry-after')).toBe('10')
    }
    for (const by of [key, other]) expect((await world.call('/v1/accounts/bot/token', { key: by })).status).toBe(200)
    const events = await readEvents(`${world.url}/v1/events`, { authorization: `Bearer ${other}` })
    expect((await events.next('status'))?.data['name']).toBe('bot')
    events.close()
    // Closing a request frees its place.
    for (const socket of open) socket.destroy()
    await until(async () => !(await isFull()))
  }, 60_000)

  test('revoking a key ends its polls at once', async () => {
    world = await openServerWorld()
    const key = world.key({ role: 'reader' })
    const response = world.call('/v1/accounts/shop/changes?generation=0&wait=60', { key })
    await world.call('/healthz')
    world.revoke(key)
    expect((await response).status).toBe(401)
  })
})

describe('the open requests of a session', () => {
  const signIn = async (): Promise<string> => {
    const response = await world.call('/session', { method: 'POST', key: null, body: { key: world.key() } })
    return response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  }
  const poll = (cookie: string) =>
    world.call('/v1/accounts/shop/changes?generation=0&wait=60', { key: null, headers: { cookie } })

  test('an event stream and a poll end with their session', async () => {
    const clock = testClock()
    world = await openServerWorld({ clock })
    const cookie = await signIn()
    await clock.advance(sessionLifeMs - 1000)
    const events = await readEvents(`${world.url}/v1/events`, { cookie })
    await events.next('status')
    const response = poll(cookie)
    await world.call('/healthz')
    await clock.advance(1000)
    expect(await events.next('never')).toBeUndefined()
    expect(await response).toMatchObject({ status: 401, body: { error: { message: 'the session has ended' } } })
  })

  test('signing out ends the open requests of that session only', async () => {
    world = await openServerWorld()
    const [cookie, other] = [await signIn(), await signIn()]
    const [events, others] = await Promise.all(
      [cookie, other].map((by) => readEvents(`${world.url}/v1/events`, { cookie: by })),
    )
    await Promise.all([events!.next('status'), others!.next('status')])
    const headers = { cookie, 'x-lingpai-csrf': '1' }
    expect((await world.call('/session', { method: 'DELETE', key: null, headers })).status).toBe(204)
    expect(await events!.next('never')).toBeUndefined()
    await world.call('/v1/accounts/shop/refreshes', { method: 'POST' })
    expect(await others!.next('rotated')).toMatchObject({ data: { account: 'shop' } })
    others!.close()
  })
})
