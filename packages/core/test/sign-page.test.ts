import { TokenManager, type TokenSource } from '@lingpai/core'
import { signPage } from '@lingpai/core/internal'
import { errorOf, scriptedPlatform, reply, toy, toyAccount, type ScriptedPlatform } from './scripted-platform.js'

const ticket = 'sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg'
const page = 'http://mp.weixin.qq.com?params=value'
const example = { nonceStr: 'Wm3WZYTPz0wzccnW', timestamp: 1414587457 }

let platform: ScriptedPlatform
let source: TokenSource
beforeEach(async () => {
  platform = await scriptedPlatform()
  platform.answer(reply({ access_token: ticket, expires_in: 7200 }))
  source = platform.source()
})
afterEach(() => platform.close())

test('the documented example of WeChat’s JS-SDK has the documented signature', async () => {
  expect(await signPage(toy, source, page, example)).toEqual({
    ...example,
    // printf 'jsapi_ticket=…&noncestr=…&timestamp=…&url=…' | sha1sum
    signature: '0f9de62fce790f9a083d5c99e95740ceb90c27ed',
  })
})

test('a page is signed without the part from # on, and otherwise as it was written', async () => {
  const signatureOf = async (url: string): Promise<string> => (await signPage(toy, source, url, example)).signature
  const plain = await signatureOf(page)
  expect(await signatureOf(`${page}#/route?x=1#2`)).toBe(plain)
  expect(await signatureOf('http://mp.weixin.qq.com/?params=value')).not.toBe(plain)
  expect(await signatureOf('http://mp.weixin.qq.com?params=%E5%80%BC')).not.toBe(
    await signatureOf('http://mp.weixin.qq.com?params=值'),
  )
})

test('nonce and time are new for each page, and valid for the JS-SDK', async () => {
  const [one, other] = [await signPage(toy, source, page), await signPage(toy, source, page)]
  expect(one.nonceStr).toMatch(/^[0-9a-f]{32}$/)
  expect(other.nonceStr).not.toBe(one.nonceStr)
  expect(Math.abs(one.timestamp - Date.now() / 1000)).toBeLessThan(60)
  expect(Number.isInteger(one.timestamp)).toBe(true)
})

test.each(['', '/page', 'mp.weixin.qq.com/page', 'ftp://mp.weixin.qq.com/', 'http://', 'javascript:alert(1)'])(
  'the URL %j is a ConfigError before a ticket is requested',
  async (url) => {
    expect(await errorOf(signPage(toy, source, url))).toMatchObject({
      code: 'ERR_LINGPAI_CONFIG',
      details: { field: 'url' },
    })
    expect(platform.requests()).toBe(0)
  },
)

test.each([0, -1, 1.5, Number.NaN, 1_414_587_457_000_000_000])(
  'the timestamp %d is a ConfigError',
  async (timestamp) => {
    expect(await errorOf(signPage(toy, source, page, { timestamp }))).toMatchObject({ details: { field: 'timestamp' } })
  },
)

test('a source of another kind is a ConfigError: the platform would reject a token’s signature', async () => {
  const error = await errorOf(signPage({ id: 'toy', kind: 'page-ticket' }, source, page))
  expect(error).toMatchObject({
    message: 'toy: a page is signed with the page-ticket, not with the app of toy',
    details: { field: 'ticket', problem: 'conflict' },
  })
  expect(platform.requests()).toBe(0)
})

test('signPage fails with the error of the ticket, or the reason of its signal', async () => {
  platform.answer(reply({ errcode: 40001, errmsg: 'invalid credential' }))
  const manager = new TokenManager({ cache: { get: () => undefined, set: () => undefined, remove: () => undefined } })
  const fresh = manager.source(platform.provider, toyAccount)
  expect(await errorOf(signPage(toy, fresh, page))).toMatchObject({ details: { platformCode: 40001 } })
  const reason = new DOMException('no longer', 'AbortError')
  expect(await errorOf(signPage(toy, fresh, page, { signal: AbortSignal.abort(reason) }))).toBe(reason)
  await manager.close()
})
