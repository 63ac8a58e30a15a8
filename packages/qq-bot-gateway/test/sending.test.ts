import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isLingpaiError, type TokenSource } from '@lingpai/core'
import type { QQBotDispatch } from '../src/events/index.js'
import { QQBotSender, type QQBotMessageTarget } from '../src/sending/index.js'
import { caught, withSender } from './sending-world.js'

const group: QQBotMessageTarget = { kind: 'group', id: 'GROUP' }

test('100 concurrent cold sends request one token', () =>
  withSender(async ({ simulator, sender, clock, posts }) => {
    const sends = Array.from({ length: 100 }, (_, at) =>
      sender.sendGroupMessage(`G${at}`, { content: 'hi', msg_id: 'M' }),
    )
    const sent = await clock.runUntil(Promise.all(sends))
    expect(new Set(sent.map(({ id }) => id)).size).toBe(100)
    expect(posts().filter(({ code }) => code === 0)).toHaveLength(100)
    expect(simulator.ledger.tokenRequests()).toBe(1)
  }))

test('100 sends on a revoked token cause one refresh and 100 deliveries, none twice', () =>
  withSender(async ({ simulator, source, sender, clock, posts }) => {
    await source.getAccessToken()
    simulator.revoke(simulator.accounts.qq)
    const sends = Array.from({ length: 100 }, (_, at) =>
      sender.sendC2CMessage(`U${at}`, { content: 'hi', msg_id: 'M' }),
    )
    const sent = await clock.runUntil(Promise.all(sends))
    expect(sent.every(({ id, msg_seq }) => id !== undefined && msg_seq === 1)).toBe(true)
    const delivered = posts().filter(({ code }) => code === 0)
    expect(new Set(delivered.map(({ path }) => path)).size).toBe(100)
    expect(delivered).toHaveLength(100)
    expect(simulator.ledger.tokensIssued()).toBe(2)
  }))

test('replies to one message are numbered in order', () =>
  withSender(async ({ sender, clock }) => {
    const replies = ['a', 'b', 'c'].map((content) => sender.sendGroupMessage('G', { content, msg_id: 'M1' }))
    const others = [
      sender.sendGroupMessage('G', { content: 'd', event_id: 'E1' }),
      sender.sendGroupMessage('H', { content: 'e', msg_id: 'M1' }),
    ]
    const sent = await clock.runUntil(Promise.all([...replies, ...others]))
    expect(sent.map(({ msg_seq }) => msg_seq)).toEqual([1, 2, 3, 1, 1])
  }))

test('a reply number that another process used is skipped', () =>
  withSender(async ({ sender, source, clock }) => {
    const before = new QQBotSender({ source, clock })
    await clock.runUntil(before.sendGroupMessage('G', { content: 'one', msg_id: 'M1' }))
    await clock.runUntil(before.sendGroupMessage('G', { content: 'two', msg_id: 'M1' }))
    const sent = await clock.runUntil(sender.sendGroupMessage('G', { content: 'three', msg_id: 'M1' }))
    expect(sent.msg_seq).toBe(3)
  }))

test('a msg_seq set by the caller is not changed', () =>
  withSender(async ({ sender, clock }) => {
    const reply = { content: 'a', msg_id: 'M1', msg_seq: 7 }
    expect((await clock.runUntil(sender.sendGroupMessage('G', reply))).msg_seq).toBe(7)
    const error = await clock.runUntil(caught(sender.sendGroupMessage('G', reply)))
    expect(error).toMatchObject({
      code: 'ERR_LINGPAI_PLATFORM',
      retryable: false,
      details: { platformCode: 40054005, status: 400, errorClass: 'permission' },
      hint: expect.stringContaining('msg_seq') as unknown,
    })
  }))

test.each([
  [40034005, 'too old', false],
  [304103, 'too old', false],
  [40054002, 'muted', false],
  [40054007, 'Shorten', false],
  [11298, 'white-list', false],
  [40034102, 'may not send proactive messages here', false],
  [304082, 'could not fetch the file', true],
  [850026, 'could not fetch the file', true],
  [850012, 'busy', true],
])('the error of code %i says what to do', (code, words, retryable) =>
  withSender(async ({ simulator, sender, clock }) => {
    await clock.runUntil(sender.send(group, 'first'))
    simulator.fault({
      platform: 'qq',
      endpoint: 'api',
      status: 400,
      body: { code, err_code: code, message: '错误', trace_id: 't' },
    })
    const error = await clock.runUntil(caught(sender.send(group, 'second')))
    expect(error).toMatchObject({ code: 'ERR_LINGPAI_PLATFORM', retryable, details: { platformCode: code } })
    expect((error as { hint?: string }).hint).toContain(words)
  }),
)

test('hints of the sender are in Chinese if requested', () =>
  withSender(
    async ({ simulator, sender, clock }) => {
      await clock.runUntil(sender.send(group, 'first'))
      simulator.fault({ platform: 'qq', endpoint: 'api', status: 400, body: { err_code: 40054002, message: 'x' } })
      const error = await clock.runUntil(caught(sender.send(group, 'second')))
      expect((error as { hint?: string }).hint).toContain('禁言')
    },
    { language: 'zh' },
  ))

test('a message without a response is not sent again', () =>
  withSender(async ({ simulator, sender, clock, posts }) => {
    await clock.runUntil(sender.send(group, 'first'))
    simulator.fault({ platform: 'qq', endpoint: 'api', hang: true, times: 5 })
    const error = await clock.runUntil(caught(sender.send(group, 'second')))
    expect(error).toMatchObject({ code: 'ERR_LINGPAI_TRANSPORT', details: { phase: 'timeout' } })
    expect(posts()).toHaveLength(2)
    simulator.clearFaults()
    await clock.runUntil(sender.send(group, 'third'))
    expect(posts()).toHaveLength(3)
  }))

test('a broken connection rejects, and the message is not sent again', () =>
  withSender(async ({ simulator, sender, clock, posts }) => {
    await clock.runUntil(sender.send(group, 'first'))
    simulator.fault({ platform: 'qq', endpoint: 'api', drop: 'after' })
    const error = await clock.runUntil(caught(sender.send(group, 'second')))
    expect(error).toMatchObject({ code: 'ERR_LINGPAI_TRANSPORT', details: { phase: 'exchange' } })
    expect(posts()).toHaveLength(2)
  }))

test('a rate-limited message is sent again later, and the messages after it wait', () =>
  withSender(async ({ simulator, sender, clock, posts }) => {
    await clock.runUntil(sender.send(group, 'first'))
    simulator.fault({ platform: 'qq', endpoint: 'api', status: 429, body: { code: 22009, message: 'limit' }, times: 2 })
    const startedAtMs = clock.monotonic()
    await clock.runUntil(Promise.all([sender.send(group, 'second'), sender.send(group, 'third')]))
    expect(clock.monotonic() - startedAtMs).toBe(3000)
    expect(posts().map(({ code }) => code)).toEqual([0, 'fault', 'fault', 0, 0])
  }))

test('a rate limit that does not pass rejects with the error of the platform', () =>
  withSender(
    async ({ simulator, sender, clock, posts }) => {
      await clock.runUntil(sender.send(group, 'first'))
      simulator.fault({
        platform: 'qq',
        endpoint: 'api',
        status: 429,
        body: { message: 'limit', code: 999999 },
        times: 50,
      })
      const error = await clock.runUntil(caught(sender.send(group, 'second')))
      expect(error).toMatchObject({
        code: 'ERR_LINGPAI_PLATFORM',
        details: { errorClass: 'rate-limited' },
        retryable: true,
      })
      expect(posts()).toHaveLength(5)
    },
    { maxWaitMs: 10_000 },
  ))

test('proactive messages wait for the limit of their target, and replies do not wait for them', () =>
  withSender(async ({ sender, clock }) => {
    const startedAtMs = clock.monotonic()
    const moments: Record<string, number> = {}
    const note = (name: string) => (): void => void (moments[name] = clock.monotonic() - startedAtMs)
    const many = Array.from({ length: 21 }, (_, at) =>
      sender.sendGroupMessage('G', `message ${at}`).then(note(`G${at}`)),
    )
    const other = sender.sendGroupMessage('H', 'hi').then(note('H'))
    await clock.runUntil(Promise.all([...many, other]))
    expect(moments).toMatchObject({ G19: 0, H: 0, G20: 60_000 })
  }))

test('a message that would wait longer than maxWaitMs rejects with the time at which it may be sent', () =>
  withSender(
    async ({ sender, clock }) => {
      await clock.runUntil(Promise.all(Array.from({ length: 20 }, () => sender.sendGroupMessage('G', 'x'))))
      const error = await clock.runUntil(caught(sender.sendGroupMessage('G', 'one more')))
      expect(error).toMatchObject({
        code: 'ERR_LINGPAI_UNAVAILABLE',
        retryable: true,
        retryAtMs: clock.now() + 60_000,
      })
    },
    { maxWaitMs: 5000 },
  ))

test('a message beyond maxQueued rejects at once', () =>
  withSender(
    async ({ sender, clock }) => {
      const sends = [1, 2, 3].map((at) => caught(sender.sendGroupMessage('G', `${at}`)))
      const outcomes = await clock.runUntil(Promise.all(sends))
      expect(outcomes.map(isLingpaiError)).toEqual([false, false, true])
      expect(outcomes[2]).toMatchObject({ details: { field: 'maxQueued' }, retryable: true })
    },
    { maxQueued: 2 },
  ))

test('a message that is aborted while waiting is not sent', () =>
  withSender(async ({ simulator, sender, clock, posts }) => {
    await clock.runUntil(sender.send(group, 'first'))
    simulator.fault({ platform: 'qq', endpoint: 'api', hang: true })
    const stuck = caught(sender.send(group, 'second'))
    const aborting = new AbortController()
    const waiting = caught(sender.send(group, 'third', { signal: aborting.signal }))
    aborting.abort(new RangeError('enough'))
    expect(await clock.runUntil(waiting)).toMatchObject({ name: 'RangeError' })
    await clock.runUntil(stuck)
    await clock.runUntil(sender.send(group, 'fourth'))
    expect(posts()).toHaveLength(3)
  }))

test('closing the sender rejects all waiting messages', () =>
  withSender(async ({ simulator, sender, clock }) => {
    await clock.runUntil(sender.send(group, 'first'))
    simulator.fault({ platform: 'qq', endpoint: 'api', hang: true })
    const outcomes = Promise.all([caught(sender.send(group, 'second')), caught(sender.send(group, 'third'))])
    await clock.settle()
    sender.close()
    expect(await clock.runUntil(outcomes)).toMatchObject([
      { code: 'ERR_LINGPAI_CLOSED' },
      { code: 'ERR_LINGPAI_CLOSED' },
    ])
    expect(await caught(sender.send(group, 'fourth'))).toMatchObject({ code: 'ERR_LINGPAI_CLOSED' })
  }))

test('an uploaded file can be sent', () =>
  withSender(async ({ sender, clock, posts }) => {
    const media = await clock.runUntil(sender.uploadMedia(group, { type: 'image', data: new Uint8Array([1, 2, 3]) }))
    expect(media).toMatchObject({ file_info: expect.any(String) as unknown, ttl: 3600 })
    await clock.runUntil(sender.send(group, { media, content: 'look', msg_id: 'M' }))
    expect(posts().map(({ path }) => path)).toEqual(['/v2/groups/GROUP/files', '/v2/groups/GROUP/messages'])
  }))

test('message bodies have the documented form', async () => {
  const { url, bodies, close } = await echoPlatform()
  const source = {
    account: { provider: 'qq-bot' },
    fetch: (path: string, init: RequestInit) => fetch(url + path, init),
  }
  const sender = new QQBotSender({ source: source as unknown as TokenSource })
  await sender.sendGroupMessage('a/b?c#d', { content: 'text', msg_id: 'M' })
  await sender.sendC2CMessage('U', { markdown: { content: '# hi' }, event_id: 'E', fields: { keyboard: { id: '1' } } })
  await sender.sendGroupMessage('G', { media: { file_info: 'F', file_uuid: 'U', ttl: 9 } as { file_info: string } })
  await sender.sendC2CMessage('U', { fields: { msg_type: 6, input_notify: { input_type: 1 } } })
  await sender.sendChannelMessage('C', { content: 'text', image: 'https://example.com/a.png', msg_id: 'M' })
  await sender.sendDirectMessage('D', 'text')
  await sender.uploadMedia({ kind: 'user', id: 'U' }, { type: 'voice', data: Buffer.from('abc') })
  await sender.uploadMedia({ kind: 'group', id: 'G' }, { type: 'file', url: 'https://example.com/a.zip' })
  await close()
  expect(bodies).toEqual([
    ['/v2/groups/a%2Fb%3Fc%23d/messages', { msg_type: 0, content: 'text', msg_id: 'M', msg_seq: 1 }],
    [
      '/v2/users/U/messages',
      { msg_type: 2, markdown: { content: '# hi' }, event_id: 'E', msg_seq: 1, keyboard: { id: '1' } },
    ],
    ['/v2/groups/G/messages', { msg_type: 7, media: { file_info: 'F' } }],
    ['/v2/users/U/messages', { msg_type: 6, input_notify: { input_type: 1 } }],
    ['/channels/C/messages', { content: 'text', image: 'https://example.com/a.png', msg_id: 'M' }],
    ['/dms/D/messages', { content: 'text' }],
    ['/v2/users/U/files', { file_type: 3, srv_send_msg: false, file_data: 'YWJj' }],
    ['/v2/groups/G/files', { file_type: 4, srv_send_msg: false, url: 'https://example.com/a.zip' }],
  ])
})

test('a message that waits for review is pending and has its audit_id', () =>
  withSender(async ({ simulator, sender, clock }) => {
    await clock.runUntil(sender.send(group, 'first'))
    const body = {
      code: 304023,
      message: 'push message is waiting for audit now',
      data: { message_audit: { audit_id: 'A1' } },
    }
    simulator.fault({ platform: 'qq', endpoint: 'api', status: 202, body })
    expect(await clock.runUntil(sender.send(group, 'second'))).toEqual({ isPending: true, audit_id: 'A1' })
  }))

const said = (event: string, data: object, eventId?: string): QQBotDispatch =>
  ({ event, type: 'T', data, ...(eventId !== undefined && { eventId }) }) as unknown as QQBotDispatch

test.each<[string, QQBotDispatch, string]>([
  ['a group', said('group_message', { id: 'M', group_openid: 'G' }), '/v2/groups/G/messages'],
  ['a user', said('c2c_message', { id: 'M', author: { user_openid: 'U' } }), '/v2/users/U/messages'],
  ['a channel', said('guild_message', { id: 'M', channel_id: 'C', guild_id: 'D' }), '/channels/C/messages'],
  ['a direct conversation', said('direct_message', { id: 'M', guild_id: 'D' }), '/dms/D/messages'],
  ['a button in a group', said('interaction', { id: 'I', group_openid: 'G' }, 'E'), '/v2/groups/G/messages'],
  [
    'a button of a user with an empty group',
    said('interaction', { id: 'I', group_openid: '', user_openid: 'U' }, 'E'),
    '/v2/users/U/messages',
  ],
  ['a group that the bot was added to', said('group_add_robot', { group_openid: 'G' }, 'E'), '/v2/groups/G/messages'],
  [
    'a group that allows the bot to send',
    said('group_msg_receive', { group_openid: 'G' }, 'E'),
    '/v2/groups/G/messages',
  ],
  ['a user who added the bot', said('friend_add', { openid: 'U' }, 'E'), '/v2/users/U/messages'],
  ['a user who allows the bot to send', said('c2c_msg_receive', { openid: 'U' }, 'E'), '/v2/users/U/messages'],
  ['a button of a user', said('interaction', { id: 'I', user_openid: 'U' }, 'E'), '/v2/users/U/messages'],
])('a reply goes to %s', (_, dispatch, path) =>
  withSender(async ({ sender, clock, posts }) => {
    await clock.runUntil(sender.reply(dispatch, 'hi'))
    expect(posts()).toEqual([{ path, code: 0 }])
  }),
)

test.each<[string, (sender: QQBotSender) => unknown]>([
  ['group_openid', (sender) => sender.sendGroupMessage('', 'x')],
  ['group_openid', (sender) => sender.sendGroupMessage('..', 'x')],
  ['user_openid', (sender) => sender.sendC2CMessage(undefined as never, 'x')],
  ['content', (sender) => sender.sendGroupMessage('G', '')],
  ['content', (sender) => sender.sendGroupMessage('G', {})],
  ['message', (sender) => sender.sendGroupMessage('G', null as never)],
  ['message', (sender) => sender.sendGroupMessage('G', { content: 'x', fields: { keyboard: 1n } })],
  ['kind', (sender) => sender.send({ kind: 'toString' as never, id: 'G' }, 'x')],
  ['event_id', (sender) => sender.sendGroupMessage('G', { content: 'x', msg_id: 'M', event_id: 'E' })],
  ['image', (sender) => sender.sendGroupMessage('G', { content: 'x', image: 'https://example.com/a.png' })],
  ['media', (sender) => sender.sendChannelMessage('C', { media: { file_info: 'F' } })],
  [
    'kind',
    (sender) => sender.uploadMedia({ kind: 'channel', id: 'C' }, { type: 'image', url: 'https://example.com/a' }),
  ],
  ['type', (sender) => sender.uploadMedia(group, { type: 'gif' as never, url: 'https://example.com/a' })],
  ['url', (sender) => sender.uploadMedia(group, { type: 'image' })],
  ['url', (sender) => sender.uploadMedia(group, { type: 'image', url: 'file:///etc/passwd' })],
  ['dispatch', (sender) => sender.reply(said('other', {}), 'x')],
])('an invalid %s is rejected before anything is sent', (field, send) =>
  withSender(async ({ sender, simulator }) => {
    const error = await (async () => send(sender))().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'ERR_LINGPAI_CONFIG', details: { field } })
    expect(simulator.ledger.entries).toEqual([])
  }),
)

/** A server that accepts every message and records it. */
async function echoPlatform() {
  const bodies: [string, unknown][] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      bodies.push([request.url ?? '', JSON.parse(Buffer.concat(chunks).toString('utf8'))])
      response.end('{"id":"1","file_info":"F"}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => void resolve()).closeAllConnections())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies, close }
}
