import type { QQBotDispatch } from '../src/events/index.js'
import { qqBotWebhook, type QQBotWebhookOptions } from '../src/webhook/index.js'
import { appId, clientSecret, clock, groupMessage, nowSeconds, signed, url } from './webhook-requests.js'

function world(options: Partial<QQBotWebhookOptions> = {}) {
  const seen: QQBotDispatch[] = []
  const handle = qqBotWebhook({
    appId,
    clientSecret,
    clock,
    onDispatch: (dispatch) => void seen.push(dispatch),
    ...options,
  })
  return { seen, handle }
}

test('the documented validation gets the documented signature', async () => {
  const { handle } = world()
  const body = '{"d":{"plain_token":"Arq0D5A61EgUu4OxUvOp","event_ts":"1725442341"},"op":13}'
  const response = await handle(new Request(url, { method: 'POST', headers: { 'x-bot-appid': appId }, body }))
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({
    plain_token: 'Arq0D5A61EgUu4OxUvOp',
    signature:
      '87befc99c42c651b3aac0278e71ada338433ae26fcb24307bdc5ad38c1adc2d01bcfcadc0842edac85e85205028a1132afe09280305f13aa6909ffc2d652c706',
  })
})

test.each(['\n', '\r\n', ' '])('a secret that was read from a file with %j at its end verifies events', async (end) => {
  const { handle, seen } = world({ clientSecret: `\uFEFF${clientSecret}${end}` })
  expect((await handle(signed(groupMessage('M1', 'E1')))).status).toBe(200)
  expect(seen).toHaveLength(1)
})

test('a validation cannot be used to sign an event', async () => {
  const { handle, seen } = world()
  const event = groupMessage('M1', 'E1')
  const body = JSON.stringify({ op: 13, d: { plain_token: event, event_ts: nowSeconds() } })
  const response = await handle(new Request(url, { method: 'POST', body }))
  expect(response.status).toBe(400)
  expect(await response.text()).toBe('')
  expect(seen).toEqual([])
})

test.each([
  ['event_ts', { plain_token: 'token', event_ts: `${nowSeconds()}${groupMessage('M1', 'E1')}` }],
  ['event_ts', { plain_token: 'token', event_ts: '' }],
  ['plain_token', { plain_token: '', event_ts: nowSeconds() }],
  ['plain_token', { plain_token: ' {}', event_ts: nowSeconds() }],
])('a validation with an invalid %s is not signed', async (_, d) => {
  const { handle } = world()
  const response = await handle(new Request(url, { method: 'POST', body: JSON.stringify({ op: 13, d }) }))
  expect([response.status, await response.text()]).toEqual([400, ''])
})

test('a validation with an invalid signature or for another bot is rejected', async () => {
  const { handle } = world()
  const body = JSON.stringify({ op: 13, d: { plain_token: 'token', event_ts: nowSeconds() } })
  const answers = [signed(body), signed(body, { secret: 'another-secret' }), signed(body, { bot: '22222222' })].map(
    handle,
  )
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 401, 401])
})

test('a signed event is acknowledged and handed out once, even if it is repeated', async () => {
  const { handle, seen } = world()
  const body = groupMessage('M1', 'GROUP_AT_MESSAGE_CREATE:1')
  for (let times = 0; times < 3; times += 1) {
    const response = await handle(signed(body))
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ op: 12 })
  }
  expect(seen).toEqual([
    {
      event: 'group_message',
      type: 'GROUP_AT_MESSAGE_CREATE',
      mentionsBot: true,
      eventId: 'GROUP_AT_MESSAGE_CREATE:1',
      data: { id: 'M1', group_openid: 'GROUP', content: ' hello' },
    },
  ])
})

test('a webhook heartbeat is acknowledged', async () => {
  const { handle } = world()
  const response = await handle(signed('{"op":1,"d":42}'))
  expect(await response.json()).toEqual({ op: 11, d: 42 })
})

test.each<[string, () => Request, number]>([
  ['another secret signed', () => signed(groupMessage('M', 'E'), { secret: 'another-secret' }), 401],
  ['the signature is of another body', () => moved(signed(groupMessage('M', 'E')), groupMessage('N', 'E')), 401],
  ['no signature', () => new Request(url, { method: 'POST', body: groupMessage('M', 'E') }), 401],
  ['half a signature', () => withoutHeader(signed(groupMessage('M', 'E')), 'x-signature-timestamp'), 401],
  ['the request is for another bot', () => signed(groupMessage('M', 'E'), { bot: '22222222' }), 401],
  ['the signature is six minutes old', () => signed(groupMessage('M', 'E'), { timestamp: secondsAgo(360) }), 401],
  ['the signature is from the future', () => signed(groupMessage('M', 'E'), { timestamp: secondsAgo(-360) }), 401],
  ['the signature has more than 128 digits', () => respelled((text) => `${text}00`), 401],
  ['the signature has trailing characters', () => respelled((text) => `${text}zz`), 401],
  ['the signature has fewer than 128 digits', () => respelled((text) => text.slice(0, 126)), 401],
  ['the signature is sent twice', () => respelled((text) => `${text}, ${text}`), 401],
  ['the timestamp is malformed', () => signed(groupMessage('M', 'E'), { timestamp: 'soon' }), 401],
  ['the body is not JSON', () => signed('<html>'), 400],
  ['the body is an array', () => signed('[]'), 400],
  ['the method is GET', () => new Request(url), 405],
  ['the body is too long', () => signed(JSON.stringify({ op: 0, d: 'x'.repeat(5000) })), 413],
])('the webhook hands nothing out if %s', async (_, request, status) => {
  const { handle, seen } = world({ maxBodyBytes: 4096 })
  const response = await handle(request())
  expect(response.status).toBe(status)
  expect(seen).toEqual([])
})

test('a body without a length is read up to the limit', async () => {
  let sent = 0
  const endless = new ReadableStream({
    pull: (controller) => {
      sent += 1024
      controller.enqueue(new Uint8Array(1024))
    },
  })
  const { handle } = world({ maxBodyBytes: 4096 })
  const request = new Request(url, { method: 'POST', body: endless, duplex: 'half' })
  expect((await handle(request)).status).toBe(413)
  expect(sent).toBeLessThan(16_384)
})

test.each([
  ['throws', () => JSON.parse('{') as unknown],
  ['rejects', () => Promise.reject(new TypeError('no'))],
])('a listener that %s does not affect the response and is logged without the message', async (_, onDispatch) => {
  const lines: string[] = []
  const note = (text: string, fields?: object): void => void lines.push(text + JSON.stringify(fields))
  const { handle } = world({ onDispatch, logger: { debug: note, info: note, warn: note, error: note } })
  expect((await handle(signed(groupMessage('M1', 'E1')))).status).toBe(200)
  await clock.settle()
  expect(lines).toEqual(['lingpai: qq webhook: the listener failed{"type":"GROUP_AT_MESSAGE_CREATE"}'])
})

test.each([
  ['throws', () => JSON.parse('{') as never],
  ['rejects', (() => Promise.reject(new TypeError('full'))) as () => never],
])('a logger that %s does not affect the response', async (_, write) => {
  const unhandled: unknown[] = []
  const note = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', note)
  const logger = { debug: write, info: write, warn: write, error: write }
  const { handle } = world({ onDispatch: () => JSON.parse('{') as unknown, logger })
  expect((await handle(signed(groupMessage('M1', 'E1')))).status).toBe(200)
  expect((await handle(signed(groupMessage('M1', 'E1'), { secret: 'another-secret' }))).status).toBe(401)
  await clock.settle()
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

test('a request whose body was already read is rejected', async () => {
  const { handle, seen } = world()
  const request = signed(groupMessage('M1', 'E1'))
  await request.text()
  expect((await handle(request)).status).toBe(400)
  expect(seen).toEqual([])
})

test.each([
  ['appId', { appId: 'bot' }],
  ['maxAgeMs', { maxAgeMs: Number.NaN }],
  ['maxBodyBytes', { maxBodyBytes: -1 }],
  ['rememberedEvents', { rememberedEvents: 0 }],
  ['clientSecret', { clientSecret: ' ' }],
  ['onDispatch', { onDispatch: undefined as never }],
  ['acknowledge', { acknowledge: 'later' as never }],
  ['cache', { cache: {} as never }],
])('an invalid %s is rejected by name', (field, options) => {
  expect(() => world(options)).toThrow(
    expect.objectContaining({ code: 'ERR_LINGPAI_CONFIG', details: { field, problem: 'malformed' } }),
  )
})

/** An event whose signature is spelled differently. */
function respelled(spell: (signature: string) => string): Request {
  const request = signed(groupMessage('M', 'E'))
  request.headers.set('x-signature-ed25519', spell(request.headers.get('x-signature-ed25519') ?? ''))
  return request
}

function secondsAgo(seconds: number): string {
  return String(Number(nowSeconds()) - seconds)
}

function moved(request: Request, body: string): Request {
  return new Request(url, { method: 'POST', headers: request.headers, body })
}

function withoutHeader(request: Request, name: string): Request {
  request.headers.delete(name)
  return request
}
