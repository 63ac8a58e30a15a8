import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
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
