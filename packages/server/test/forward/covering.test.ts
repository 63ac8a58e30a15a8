import { gzipSync } from 'node:zlib'
import { openForwardWorld, type ForwardWorld } from './forward-world.js'
import { withoutToken } from '../../src/forward/cover-token.js'
import type { ForwardedResponse } from '../../src/forward/read-response.js'
import { Readable } from 'node:stream'

let world: ForwardWorld
let url: string
let surrogate: string
beforeEach(async () => {
  world = await openForwardWorld()
  surrogate = await world.surrogate(world.key())
  url = `${world.url}/cgi-bin/user/info?access_token=${surrogate}`
})
afterEach(() => world.close())

const real = (): string => world.realTokens()[0] ?? ''

test('a compressed body that repeats the real token has the surrogate instead', async () => {
  world.api.respond = (call, response) => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
    response.writeHead(200, headers).end(gzipSync(JSON.stringify({ url: call.url, name: '令牌' })))
  }
  const response = await fetch(url)
  expect(await response.json()).toEqual({ url: `/cgi-bin/user/info?access_token=${surrogate}`, name: '令牌' })
})

test('a body that is not text keeps its other bytes', async () => {
  const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x80])
  world.api.respond = (_call, response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream' })
    response.end(Buffer.concat([bytes, Buffer.from(real()), bytes]))
  }
  const length = { headers: { 'x-length': 'known' } }
  const body = Buffer.from(await (await fetch(url, length)).arrayBuffer())
  expect(body.subarray(0, 4)).toEqual(bytes)
  expect(body.subarray(-4)).toEqual(bytes)
  expect(body.includes(real())).toBe(false)
})

test('a long body that repeats the real token has its length and a mask', async () => {
  const text = JSON.stringify({ url: `/cgi-bin/user/info?access_token=${real()}`, data: 'x'.repeat(300_000) })
  world.api.respond = (_call, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length }).end(text)
  }
  expect(await (await fetch(url)).text()).toBe(text.replace(real(), '*'.repeat(real().length)))
})

describe('a token with characters that are spelled in several ways', () => {
  const token = 'a/b+c=='
  const cover = (response: Partial<ForwardedResponse>): ForwardedResponse =>
    withoutToken({ status: 200, headers: {}, body: Buffer.alloc(0), ...response }, token, 'lpt_x')

  test.each([
    ['plain', 'a/b+c=='],
    ['percent-encoded', 'a%2Fb%2Bc%3D%3D'],
    ['with an escaped slash', String.raw`a\/b+c==`],
  ])('does not reach the client: %s', (_, spelled) => {
    const { headers, body } = cover({ headers: { location: `/?t=${spelled}` }, body: Buffer.from(`"${spelled}"`) })
    expect([headers['location'], String(body)]).toEqual(['/?t=lpt_x', '"lpt_x"'])
  })

  test.each([1, 2, 3, 5, 8, 100])('does not reach the client in a stream of parts of %i bytes', async (size) => {
    const text = `a/b+a/b+c==${token}a/${token}a/b`
    const parts = text.match(new RegExp(`.{1,${size}}`, 'g'))?.map((part) => Buffer.from(part)) ?? []
    const { body } = cover({ body: Readable.from(parts, { objectMode: false }) })
    let got = ''
    for await (const part of body as Readable) got += String(part)
    expect(got).toBe('a/b+**************a/*******a/b')
  })
})
