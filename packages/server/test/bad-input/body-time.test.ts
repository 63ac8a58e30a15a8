import { fastify, type FastifyInstance } from 'fastify'
import { allowBodyTime, limitBodyTime } from '../../src/http/body-time.js'
import { until } from '../api/server-world.js'
import { rawConnection, requestText, sendRaw } from './raw-http.js'

const limitMs = 100

let app: FastifyInstance
let url: string
beforeEach(async () => {
  app = fastify()
  app.addHook('onRequest', ({ raw }, reply, done) => {
    limitBodyTime(raw, reply.raw, limitMs)
    done()
  })
  app.post('/own', () => ({ from: 'own' }))
  app.post('/early', {
    onRequest: (_request, reply) => {
      void reply.send({ from: 'early' })
    },
    handler: () => undefined,
  })
  app.post('/long', {
    onRequest: ({ raw }, _reply, done) => {
      allowBodyTime(raw)
      done()
    },
    handler: () => ({ from: 'long' }),
  })
  url = await app.listen({ port: 0, host: '127.0.0.1' })
})
afterEach(() => app.close())

const headers = { 'content-type': 'application/json', 'content-length': '4' }

test('a body that does not arrive in time ends with 408', async () => {
  expect((await sendRaw(url, `${requestText('POST', '/own', { headers })}12`)).status).toBe(408)
})

test('the connection ends if the body goes on long after the response', async () => {
  const connection = rawConnection(url)
  let isClosed = false
  connection.socket.once('close', () => (isClosed = true))
  connection.send(`${requestText('POST', '/early', { headers })}12`)
  await until(() => isClosed)
})

test('a known client has longer', async () => {
  const connection = rawConnection(url)
  const startMs = performance.now()
  connection.send(`${requestText('POST', '/long', { headers })}12`)
  await until(() => performance.now() - startMs > 3 * limitMs)
  connection.send('34')
  expect((await connection.response()).body).toEqual({ from: 'long' })
})

test('a whole body sets no timer, and the next request of the connection is served', async () => {
  const one = requestText('POST', '/own', { headers, body: '1234' })
  expect((await sendRaw(url, one)).body).toEqual({ from: 'own' })
})
