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
