import { jsapiTicket, wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { openWorld, type World } from './world.js'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

test.each([[42001], [''], [undefined], [{ generation: '1' }], [{}]])(
  'reportRejected(%j), which names no token, is a ConfigError and rejects nothing',
  async (given: unknown) => {
    const source = world.source('wechat')
    const token = await source.getAccessToken()
    const rejected = given as string
    await expect(source.reportRejected(rejected, 42001)).rejects.toMatchObject({
      code: 'ERR_LINGPAI_CONFIG',
      message: 'reportRejected: the first argument must be the rejected token or { generation }',
      details: { field: 'rejected' },
    })
    expect(source.peek()).toBe(token)
    expect(world.count('rejected')).toBe(0)
  },
)

test.each([
  ['its token', (token: string) => `40001 for ${token}`],
  ['a part of its token, in base64', (token: string) => btoa(token.slice(2))],
  ['its secret', () => `new secret: ${world.simulator.accounts.wechat.appSecret}`],
])(
  'refresh() with a note that contains %s is a ConfigError without the note, and requests nothing',
  async (_, text) => {
    const source = world.source('wechatPlain')
    const token = await source.getAccessToken()
    const note = text(token)
    const error: unknown = await source.refresh({ note }).catch((failure: unknown) => failure)
    expect(error).toMatchObject({
      code: 'ERR_LINGPAI_CONFIG',
      message: 'refresh: "note" must not contain a token or secret of the account',
      details: { field: 'note' },
    })
    expect(world.count('refreshed')).toBe(1)
    expect((await source.refresh({ note: 'drill for the account wx' })).generation).toBe(2)
  },
)

test('a note must not contain the token of the parent either', async () => {
  const { simulator } = world
  const manager = world.manager()
  const parent = await world.source('wechatPlain', manager).getAccessToken()
  const ticket = manager.source(
    simulator.provider(jsapiTicket.extend({ parent: wechatMpPlain })),
    simulator.accounts.wechat,
  )
  await expect(ticket.refresh({ note: `after ${parent}` })).rejects.toMatchObject({ details: { field: 'note' } })
})
