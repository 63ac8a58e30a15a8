import { json } from './api-recorder.js'
import { openForwardWorld, type ForwardWorld } from './forward-world.js'
import { until } from '../api/server-world.js'

let world: ForwardWorld
beforeEach(async () => {
  world = await openForwardWorld()
})
afterEach(() => world.close())

test('a call that runs when the server shuts down receives the response of the platform', async () => {
  const surrogate = await world.surrogate(world.key())
  let respond: (() => void) | undefined
  world.api.respond = (_call, response) => {
    respond = () => {
      json(response, { errcode: 0, sent: true })
    }
  }
  const called = fetch(`${world.url}/cgi-bin/message/send?access_token=${surrogate}`, { method: 'POST', body: '{}' })
  await until(() => respond !== undefined)
  const closed = world.server.close()
  await until(() => !world.server.app.server.listening)
  respond?.()
  expect(await (await called).json()).toEqual({ errcode: 0, sent: true })
  await closed
})
