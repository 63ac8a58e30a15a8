import { TokenManager } from '@lingpai/core'
import { memoryCache } from '@lingpai/cache-memory'
import { errorOf, reply, scriptedPlatform, toyAccount, type ScriptedPlatform } from './scripted-platform.js'

let platform: ScriptedPlatform
beforeEach(async () => {
  platform = await scriptedPlatform()
})
afterEach(() => platform.close())

const day = 86_400
const body = (expiresIn: string, value = 'good-token'): string =>
  `{"errcode":0,"errmsg":"ok","access_token":"${value}","expires_in":${expiresIn}}`

const goodReplies: readonly (readonly [name: string, answer: ReturnType<typeof reply>, lifeSeconds: number])[] = [
  ['a byte order mark', reply(`\uFEFF${body('7200')}`), 7200],
  ['text/plain', reply(body('7200'), { headers: { 'content-type': 'text/plain' } }), 7200],
  ['text/html', reply(body('7200'), { headers: { 'content-type': 'text/html' } }), 7200],
  ['white space around', reply(`\n\n ${body('7200')} \n`), 7200],
  ['201', reply(body('7200'), { status: 201 }), 7200],
  ['expires_in "7200"', reply(body('"7200"')), 7200],
  ['expires_in " 7200 "', reply(body('" 7200 "')), 7200],
  ['expires_in 7200.9', reply(body('7200.9')), 7200.9],
  ['expires_in 1', reply(body('1')), 1],
  ['expires_in of a year, cut to 30 days', reply(body(String(365 * day))), 30 * day],
  ['expires_in 1e300, cut to 30 days', reply(body('1e300')), 30 * day],
  ['expires_in "999999999999999", cut to 30 days', reply(body('"999999999999999"')), 30 * day],
  ['errcode "0"', reply({ errcode: '0', access_token: 'good-token', expires_in: 60 }), 60],
  ['errcode null', reply({ errcode: null, access_token: 'good-token', expires_in: 60 }), 60],
]

test.each(goodReplies)('a valid response with %s gives a token', async (_, answer, lifeSeconds) => {
  platform.answer(answer)
  const record = await platform.source().getRecord()
  expect(record.value).toBe('good-token')
  expect(record.issuedAtMs).toBe(platform.clock.now())
  expect(record.expiresAtMs - record.issuedAtMs).toBe(lifeSeconds * 1000)
  expect(platform.requests()).toBe(1)
})

test('a token of 8 KiB is accepted unchanged', async () => {
  const long = 'x'.repeat(8192)
  platform.answer(reply(body('7200', long)))
  expect(await platform.source().getAccessToken()).toBe(long)
})

test('a response in pieces is put together again', async () => {
  platform.answer((_, response) => {
    for (const character of body('7200')) response.write(character)
    response.end()
  })
  expect(await platform.source().getAccessToken()).toBe('good-token')
})

test('a provider without a lifetime field uses its default, limited as well', async () => {
  const { clock, provider } = platform
  const lenient = provider.extend({ renewal: { defaultLifeSeconds: 900, maxLifeSeconds: 1000 } })
  await using manager = new TokenManager({ cache: memoryCache({ clock }), clock })
  platform.answer(reply('{"access_token":"good-token"}'))
  const source = manager.source(lenient, toyAccount)
  const { issuedAtMs, expiresAtMs } = await source.getRecord()
  expect(expiresAtMs - issuedAtMs).toBe(900_000)
  platform.answer(reply(body('7200', 'other-token')))
  const other = await source.refresh()
  expect(other.expiresAtMs - other.issuedAtMs).toBe(1_000_000)
  platform.answer(reply('{"access_token":"third-token","expires_in":"soon"}'))
  const third = await source.refresh()
  expect(third.expiresAtMs - third.issuedAtMs).toBe(900_000)
})

test('the life of a token starts when its request was sent', async () => {
  const { clock } = platform
  const sentAtMs = clock.now()
  platform.answer((_, response) => {
    clock.setTimer(() => response.end(body('7200')), 4000)
  })
  const record = await clock.runUntil(platform.source().getRecord())
  expect(clock.now()).toBe(sentAtMs + 4000)
  expect(record).toMatchObject({ issuedAtMs: sentAtMs, expiresAtMs: sentAtMs + 7200_000 })
})

test.each([
  ['shorter than a millisecond', 0, '0.0001'],
  ['over before it arrived', 2500, '2'],
])('a lifetime that is %s gives no token, and no flood of requests', async (_, delayMs, expiresIn) => {
  const { clock } = platform
  platform.answer((request, response) => {
    clock.setTimer(() => response.end(body(expiresIn, `token-${platform.requests()}`)), delayMs)
    request.resume()
  })
  const source = platform.source()
  const error = await errorOf(clock.runUntil(source.getAccessToken()))
  expect(error).toMatchObject({ code: 'ERR_LINGPAI_MALFORMED_RESPONSE', details: { problem: 'bad-expires-in' } })
  for (let i = 0; i < 50; i += 1) expect(await errorOf(source.getAccessToken())).toBeDefined()
  expect(platform.requests()).toBeLessThanOrEqual(4)
  platform.answer(undefined)
  await clock.advance(60_000)
  expect(await source.getAccessToken()).toBe('token-1')
})

test('a token that expired on its way is requested again by the same refresh', async () => {
  const { clock } = platform
  platform.answer((request, response) => {
    const isFirst = platform.requests() === 1
    clock.setTimer(() => response.end(isFirst ? body('2', 'old-token') : body('7200')), isFirst ? 2500 : 0)
    request.resume()
  })
  expect(await clock.runUntil(platform.source().getAccessToken())).toBe('good-token')
  expect(platform.requests()).toBe(2)
})
