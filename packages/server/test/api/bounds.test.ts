import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { testClock } from '@lingpai/testing'
import { fastify } from 'fastify'
import { callerOf } from '../../src/auth/caller.js'
import { boundConnections } from '../../src/http/connections.js'
import { heldOpen } from '../../src/http/held-open.js'
import { createClientKey } from '../../src/keys/client-key.js'
import { clientKeys } from '../../src/keys/client-keys.js'
import { until } from './server-world.js'

const made = (): ReturnType<typeof createClientKey>['key'] =>
  createClientKey({ name: 'till', role: 'reader', accounts: '*' }, 0).key

test('all keys together cannot exceed the limit of open streams and polls, and a released place is free', () => {
  const stored = [made(), made(), made()]
  const keys = clientKeys(stored)
  const draining = new AbortController().signal
  const held = heldOpen({ keys, clock: testClock(), draining, mostOfAKey: 2, mostInAll: 3 })
  const [one, two, three] = stored.map((key) => callerOf(keys.find(key.id)!))
  const hold = (caller = one!): (() => void) => held.hold(caller, () => undefined)
  const releases = [hold(one), hold(one), hold(two)]
  expect(() => hold(one)).toThrow('too many open event streams and long polls for this key')
  expect(() => hold(three)).toThrow('too many open event streams and long polls')
  expect(held.size).toBe(3)
  // Releasing one place twice frees one place.
  for (let twice = 0; twice < 2; twice += 1) releases[0]!()
  hold(three)
  expect(() => hold(three)).toThrow('too many open event streams and long polls')
  held.close()
})

test('connections beyond the limit are closed on arrival, and idle connections make room', async () => {
  const app = fastify({ forceCloseConnections: false })
  app.get('/', () => 'here')
  const connections = boundConnections({ app, drainMs: 200, mostConnections: 2 })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const open = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    return socket
  }
  const asked = async (socket: Socket): Promise<void> => {
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    await once(socket, 'data')
  }
  const closed = (socket: Socket): Promise<unknown> => once(socket.resume(), 'close')
  const [idle, busy] = [await open(), await open()]
  await asked(idle)
  // In the middle of a request.
  busy.write('GET / HTTP/1.1\r\n')
  await until(() => new Promise((resolve) => app.server.getConnections((_, count) => resolve(count === 2))))
  const gone = closed(idle)
  await closed(await open())
  await gone
  const next = await open()
  await asked(next)
  expect(busy.destroyed).toBe(false)
  for (const socket of [busy, next]) socket.destroy()
  await connections.close()
})

/** A server whose response to `/large` does not fit into the buffers of a connection whose client does not read. */
async function startLarge(unreadMs: number) {
  const app = fastify({ forceCloseConnections: false })
  const part = Buffer.alloc(1024 * 1024)
  app.get('/large', (_, reply) => void reply.send(Readable.from(Array.from({ length: 64 }, () => part))))
  app.get('/later', (_, reply) => {
    later.push(() => void reply.send('here'))
  })
  const later: (() => void)[] = []
  const connections = boundConnections({ app, drainMs: 200, unreadMs })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const ask = async (path: string): Promise<Socket> => {
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    socket.pause().write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`)
    return socket
  }
  return { app, ask, connections, later }
}

test('a client that reads nothing of its response is disconnected, and one that waits for its response is not', async () => {
  const { app, ask, connections, later } = await startLarge(200)
  const waiting = await ask('/later')
  const gone = once(app.server, 'connection').then(([socket]) => once(socket as Socket, 'close'))
  const unread = await ask('/large')
  await gone
  expect(later).toHaveLength(1)
  later[0]!()
  const [text] = await once(waiting.resume(), 'data')
  expect(String(text)).toMatch(/^HTTP\/1\.1 200 [^]*here$/)
  for (const socket of [waiting, unread]) socket.destroy()
  await connections.close()
})

test('a client that begins to read in time receives the whole response', async () => {
  const { ask, connections, app } = await startLarge(2000)
  let served: Socket | undefined
  app.server.once('connection', (socket: Socket) => (served = socket))
  const slow = await ask('/large')
  await until(() => served?.timeout === 2000)
  let read = 0
  for await (const chunk of slow as AsyncIterable<Buffer>) {
    read += chunk.length
    if (read > 64 * 1024 * 1024) break
  }
  expect(read).toBeGreaterThan(64 * 1024 * 1024)
  await connections.close()
})
