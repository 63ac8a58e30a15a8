import type { TokenSource } from '@lingpai/core'
import { qqBot } from '@lingpai/provider-qq-bot'
import { toDispatch } from '../src/events/qq-bot-dispatch.js'
import type { QQBotDispatch } from '../src/events/index.js'
import { QQBotSender } from '../src/sending/index.js'
import { withGateways } from './gateway-world.js'

const at = 'GROUP_AT_MESSAGE_CREATE'
const any = 'GROUP_MESSAGE_CREATE'

/** A message from a group in "receive all messages" mode: https://github.com/nonebot/adapter-qq/pull/195. */
const inAllMode = (id: string, mentions?: unknown) => ({
  author: { bot: false, id: 'MEMBER', member_openid: 'MEMBER', union_openid: '', username: 'member' },
  content: ' hello',
  group_id: 'GROUP',
  group_openid: 'GROUP',
  id,
  ...(mentions !== undefined && { mentions }),
  message_scene: { ext: ['msg_idx=REFIDX'], source: 'default' },
  message_type: 0,
  timestamp: '2026-05-15T12:01:45+08:00',
})

const you = { bot: true, id: 'BOT', is_you: true, member_openid: 'BOT', scope: 'single', username: 'bot' }
const other = { bot: false, id: 'OTHER', is_you: false, member_openid: 'OTHER', scope: 'single', username: 'other' }

test.each([
  ['this bot', [you], true],
  ['another user and this bot', [other, you], true],
  ['another user', [other], false],
  ['no user', undefined, false],
  ['no user, with an empty list', [], false],
  ['a value that is not a list', 'BOT', false],
  ['values that are not mentions', [null, 'BOT', 1, {}, { is_you: 'yes' }], false],
])('mentionsBot of a message in an all-messages group that mentions %s', (_, mentions, mentionsBot) => {
  const d = inAllMode('M', mentions)
  expect(toDispatch({ op: 0, t: any, d })).toEqual({ event: 'group_message', type: any, mentionsBot, data: d })
})

test('mentionsBot is true for a group that only sends mentions, with or without a list of mentions', () => {
  for (const d of [inAllMode('M'), inAllMode('M', [other])]) {
    expect(toDispatch({ op: 0, t: at, d })).toMatchObject({ event: 'group_message', mentionsBot: true })
  }
})

test('a message of an all-messages group without an id or a group is emitted as other', () => {
  for (const d of [{ id: 'M' }, { group_openid: 'G' }, null]) {
    expect(toDispatch({ op: 0, t: any, d }).event).toBe('other')
  }
})

test('a message of an all-messages group is emitted, and replied to by its id', () =>
  withGateways(async ({ simulator, clock, connected }) => {
    const gateway = await connected()
    const replies: Promise<unknown>[] = []
    gateway.on('group_message', (dispatch) => {
      if (dispatch.mentionsBot) replies.push(gateway.reply(dispatch, 'yes'))
    })
    simulator.qqGateway.dispatch(any, inAllMode('M1', [other]))
    simulator.qqGateway.dispatch(any, inAllMode('M2', [you]))
    await clock.settle()
    expect(await clock.runUntil(Promise.all(replies))).toMatchObject([{ msg_seq: 1 }])
    const sent = simulator.ledger.entries.filter(({ path }) => path.endsWith('/messages'))
    expect(sent).toMatchObject([{ path: '/v2/groups/GROUP/messages', code: 0 }])
  }))

test.each([
  [at, any],
  [any, at],
  [any, any],
  ['AT_MESSAGE_CREATE', 'MESSAGE_CREATE'],
])('a message sent as %s and as %s with two event ids is handed out once', (first, second) =>
  withGateways(async ({ simulator, clock, connected }) => {
    const gateway = await connected({ intents: ['GROUP_AND_C2C_EVENT', 'GUILD_MESSAGES', 'PUBLIC_GUILD_MESSAGES'] })
    const heard: unknown[] = []
    gateway.on('dispatch', ({ type, data }) => heard.push([type, (data as { id: string }).id]))
    const message = (id: string) => ({ ...inAllMode(id, [you]), guild_id: '1', channel_id: '2' })
    simulator.qqGateway.dispatch(first, message('M1'))
    simulator.qqGateway.dispatch(second, message('M1'))
    simulator.qqGateway.dispatch(second, message('M2'))
    await clock.settle()
    expect(heard).toEqual([
      [first, 'M1'],
      [second, 'M2'],
    ])
  }),
)

test('an event id that arrives under both types is handed out once', () =>
  withGateways(async ({ simulator, clock, connected }) => {
    const gateway = await connected()
    const heard: unknown[] = []
    gateway.on('group_message', ({ type }) => heard.push(type))
    const { id } = simulator.qqGateway.dispatch(at, inAllMode('M1'))
    simulator.qqGateway.dispatch(any, inAllMode('M1', [you]), { id })
    await clock.settle()
    expect(heard).toEqual([at])
  }))

test.each([
  ['GROUP_ADD_ROBOT', { group_openid: 'G', op_member_openid: 'M', timestamp: 1_779_000_000 }, '/v2/groups/G/messages'],
  ['GROUP_MSG_RECEIVE', { group_openid: 'G', op_member_openid: 'M', timestamp: 1 }, '/v2/groups/G/messages'],
  ['FRIEND_ADD', { openid: 'U', timestamp: 1_779_000_000 }, '/v2/users/U/messages'],
  ['C2C_MSG_RECEIVE', { openid: 'U', timestamp: 1_779_000_000 }, '/v2/users/U/messages'],
])('a reply to %s carries its event_id', async (t, d, path) => {
  const sent: unknown[] = []
  const source = {
    account: { provider: qqBot.id },
    fetch: (to: string, { body }: { body: string }) => {
      sent.push([to, JSON.parse(body)])
      return Promise.resolve(Response.json({ id: '1' }))
    },
  } as unknown as TokenSource
  await new QQBotSender({ source }).reply(toDispatch({ op: 0, t, d, id: `${t}:1` }), 'hello')
  expect(sent).toEqual([[path, { msg_type: 0, content: 'hello', event_id: `${t}:1`, msg_seq: 1 }]])
})

test.each<[string, QQBotDispatch]>([
  ['an event without an id', toDispatch({ op: 0, t: 'FRIEND_ADD', d: { openid: 'U' } })],
  ['an event without a group', toDispatch({ op: 0, t: 'GROUP_ADD_ROBOT', d: {}, id: 'E' })],
  ['an event that removes the bot', toDispatch({ op: 0, t: 'FRIEND_DEL', d: { openid: 'U' }, id: 'E' })],
])('a reply to %s is rejected with an error that names the event', async (_, dispatch) => {
  const sender = new QQBotSender({ source: { account: { provider: 'qq-bot' } } as unknown as TokenSource })
  await expect(sender.reply(dispatch, 'hello')).rejects.toMatchObject({
    code: 'ERR_LINGPAI_CONFIG',
    message: `qq bot: ${dispatch.type} cannot be replied to`,
  })
})
