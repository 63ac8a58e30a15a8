import { once } from 'node:events'
import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import { Agent } from 'undici'
import { json } from './api-recorder.js'
import { dead, openForwardWorld, type ForwardWorld } from './forward-world.js'
import { until } from '../api/server-world.js'
import { rawConnection, requestText, sendRaw } from '../bad-input/raw-http.js'

const largestReplayBytes = 1024
/** Only where a test waits for it: other calls may be slow on a busy machine. */
const timeoutMs = 200

let world: ForwardWorld
let surrogate: string
beforeEach(async () => {
  world = await openForwardWorld({ forward: { largestReplayBytes } })
  surrogate = await world.surrogate(world.key())
})
afterEach(() => world.close())

const path = (): string => `/cgi-bin/media/upload?access_token=${surrogate}`
const upload = (
  headers: Readonly<Record<string, number>> = {},
  { url }: { readonly url: string } = world,
): ClientRequest => {
  const sent = request(url + path(), { method: 'POST', headers })
  sent.on('error', () => undefined)
  return sent
}
const responseTo = async (sent: ClientRequest): Promise<IncomingMessage> => {
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return response
}

const ways: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
  ['with a length', { 'content-length': 300_000 }],
  ['in chunks', {}],
]

test.each(ways)('the client of an upload %s learns that the connection to the platform broke', async (_, headers) => {
  world.api.respondEarly = (incoming) => {
    incoming.socket.destroy()
    return true
  }
  const sent = upload(headers)
  sent.write(Buffer.alloc(100_000))
  expect((await responseTo(sent)).statusCode).toBe(502)
  sent.destroy()
})

test.each(ways)('a response before the end of an upload %s reaches the client', async (_, headers) => {
  world.api.respondEarly = (_incoming, response) => {
    json(response, { errcode: 45001 }, 413)
    return true
  }
  const sent = upload(headers)
  sent.write(Buffer.alloc(100_000))
  expect((await responseTo(sent)).statusCode).toBe(413)
  sent.destroy()
})

test('after a failed upload the connection of the client serves the next request', async () => {
  world.api.respondEarly = ({ method, socket }) => {
    if (method === 'POST') socket.destroy()
    return method === 'POST'
  }
  const { socket } = rawConnection(world.url)
  let text = ''
  socket.on('data', (part) => (text += String(part)))
  socket.write(`POST ${path()} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 300000\r\n\r\n`)
  socket.write(Buffer.alloc(300_000))
  socket.write(requestText('GET', path()))
  const statuses = (): readonly string[] => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status = '']) => status)
  await until(() => statuses().length === 2)
  expect(statuses()).toEqual(['502', '200'])
  socket.destroy()
})

test('the time limit of a response begins after the upload', async () => {
  const another = await world.startAnother({ forward: { largestReplayBytes, timeoutMs } })
  let sentBytes = 0
  world.api.respondEarly = (incoming) => {
    incoming.on('data', (part: Buffer) => (sentBytes += part.length))
    return false
  }
  const sent = upload({ 'content-length': 4000 }, another)
  const startMs = performance.now()
  sent.write(Buffer.alloc(2000))
  await until(() => sentBytes === 2000 && performance.now() - startMs > 3 * timeoutMs)
  sent.end(Buffer.alloc(2000))
  expect((await responseTo(sent)).statusCode).toBe(200)
})

test('a client that is gone before the end of its body leaves no error in the log', async () => {
  let isClosed = false
  const { socket } = rawConnection(world.url)
  world.server.app.server.once('request', (incoming: IncomingMessage) => {
    incoming.socket.once('close', () => (isClosed = true))
    socket.destroy()
  })
  socket.write(`POST ${path()} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nabc`)
  await until(() => isClosed)
  await sendRaw(world.url, requestText('GET', '/healthz'))
  expect(world.logged()).not.toMatch(/"level":50/)
  expect(world.api.calls).toEqual([])
})

test('bodies for which there is no room are sent while they arrive, and are not repeated', async () => {
  world.revokeTokens()
  // Each keeps all of its body but the last byte.
  const waiting = Array.from({ length: 128 }, () => upload({ 'content-length': largestReplayBytes }))
  let seen = 0
  world.server.app.server.on('request', () => (seen += 1))
  for (const sent of waiting) sent.write(Buffer.alloc(largestReplayBytes - 1))
  await until(() => seen === waiting.length)
  const late = upload({ 'content-length': 900 })
  late.end(Buffer.alloc(900))
  const response = await responseTo(late)
  response.setEncoding('utf8')
  const [text] = (await once(response, 'data')) as [string]
  expect(JSON.parse(text)).toEqual(dead)
  expect(world.api.calls.filter(({ bytes }) => bytes === 900)).toHaveLength(1)
  for (const sent of waiting) sent.destroy()
})

test('a call that waits for a connection ends in time, too, and never reaches the platform', async () => {
  const dispatcher = new Agent({ connections: 1, pipelining: 1 })
  const another = await world.startAnother({ forward: { dispatcher, timeoutMs } })
  const received: (string | undefined)[] = []
  let release = (): void => undefined
  world.api.respondEarly = ({ url }, response) => {
    received.push(url?.split('?')[0])
    if (url !== '/busy') return false
    release = () => {
      json(response, {})
    }
    return true
  }
  const busy = dispatcher.request({ origin: world.api.url, path: '/busy', method: 'GET', headersTimeout: 0 })
  await until(() => received.length === 1)
  expect((await fetch(another.url + path())).status).toBe(504)
  release()
  await (await busy).body.dump()
  // The connection is free for this one, which has joined the queue later.
  await (await dispatcher.request({ origin: world.api.url, path: '/later', method: 'GET' })).body.dump()
  expect(received).toEqual(['/busy', '/later'])
  await dispatcher.destroy()
})
