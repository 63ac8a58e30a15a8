import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { startWorkerd, type RunningWorkerd } from './workerd/start-workerd.js'

let requests = 0
let isHolding = false
const held: ServerResponse[] = []
const platform = createServer((_, response) => {
  requests += 1
  if (isHolding) held.push(response)
  else response.end(JSON.stringify({ access_token: `token-${requests}`, expires_in: '7200' }))
})

// The oldest one has numbers as timers and no Buffer; the newest has Node.js modules by default.
describe.each([
  ['2023-06-01', ['nodejs_compat']],
  ['2024-09-23', ['nodejs_compat']],
  ['2026-11-17', []],
])('in workerd, compatibility date %s', (compatibilityDate, compatibilityFlags) => {
  let workerd: RunningWorkerd

  beforeEach(async () => {
    requests = 0
    isHolding = false
    platform.listen(0, '127.0.0.1')
    await once(platform, 'listening')
    const upstream = `http://127.0.0.1:${(platform.address() as AddressInfo).port}`
    workerd = await startWorkerd({ compatibilityDate, compatibilityFlags, upstream })
  })

  afterEach(async () => {
    await workerd.stop()
    for (const response of held.splice(0)) response.destroy()
    platform.closeAllConnections()
    platform.close()
    await once(platform, 'close')
  })

  test('twenty cold requests to a Durable Object cost one upstream request', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => workerd.get('/object')))
    expect(answers).toEqual(Array.from({ length: 20 }, () => ({ value: 'token-1' })))
    expect(requests).toBe(1)
    expect(await workerd.get('/request')).toEqual({ value: 'token-2' })
  })

  test('a module-level manager whose refresh ended with another request fails with an error that says where it belongs', async () => {
    expect(await workerd.get('/peek')).toEqual({ value: 'none' })
    isHolding = true
    await workerd.get('/left-behind')
    expect(await workerd.get('/module')).toMatchObject({
      code: 'ERR_LINGPAI_CONFIG',
      message: 'qq-bot: the refresh belongs to another request, which has ended',
      hint: expect.stringContaining('Durable Object'),
    })
    isHolding = false
    expect(await workerd.get('/module')).toEqual({ value: expect.stringMatching(/^token-/) })
  })

  test('an app becomes the current one by run; setCurrentAppId is a typed error', async () => {
    expect(await workerd.get('/kit')).toMatchObject({
      code: 'ERR_LINGPAI_CONFIG',
      message: expect.stringContaining('setCurrentAppId'),
      hint: expect.stringContaining('ApiConfigKit.run('),
    })
    expect(await workerd.get('/kit-run')).toEqual({ value: 'qq-bot:102000001' })
  })
})
