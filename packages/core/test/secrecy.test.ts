import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { serialize } from 'node:v8'
import { TokenManager, type IAccessTokenCache, type LingpaiEventName, type Logger } from '@lingpai/core'
import { errorOf, reply, scriptedPlatform, toy, type ScriptedPlatform } from './scripted-platform.js'

const secret = `S3c&r+e%t"'密钥~(1)!`
const token = `PlAnTeD-T&k+n%"'=/~(1)!`
const account = { appId: 'toy-1', appSecret: secret }

const eventNames: readonly LingpaiEventName[] = [
  'refreshed',
  'adopted',
  'same-token',
  'served-stale',
  'rejected',
  'refresh-failed',
  'cache-failed',
  'lease-lost',
  'foreign-refresh',
  'closed',
]

/** Every way to print a value. */
function printed(value: unknown): string {
  const shown = [
    inspect(value, { showHidden: true, depth: Infinity, getters: true, maxStringLength: null, maxArrayLength: null }),
    // A getter is a way to read `.value`: without custom inspection, it is left out.
    inspect(value, { showHidden: true, depth: Infinity, customInspect: false, showProxy: true }),
    String(value),
    `${(value as Partial<Error> | undefined)?.stack}`,
  ]
  try {
    shown.push(JSON.stringify(value), serialize(value).toString('latin1'), serialize(value).toString('utf8'))
  } catch {
    // What cannot be serialised leaks nothing that way.
  }
  for (let cause = (value as Partial<Error> | undefined)?.cause; cause !== undefined; cause = (cause as Error).cause) {
    shown.push(String(cause), `${(cause as Error).stack}`)
  }
  return shown.join('\n')
}

/** Pieces of the planted values that appear in a text, in any usual spelling. */
function leaksIn(text: string): readonly string[] {
  const json = (value: string): string => JSON.stringify(value).slice(1, -1)
  const ascii = (value: string): string =>
    value.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const form = (value: string): string => new URLSearchParams({ q: value }).toString().slice(2)
  return [secret, token]
    .flatMap((value) => [value, encodeURIComponent(value), form(value), json(value), ascii(json(value))])
    .concat('S3c', 'PlAnTeD')
    .filter((spelling) => text.includes(spelling))
}

function assertSilent(...values: readonly unknown[]): void {
  for (const value of values) {
    const text = printed(value)
    expect(leaksIn(text)).toEqual([])
  }
}

let platform: ScriptedPlatform
let heard: unknown[]
let stored: Map<string, string>
let cache: IAccessTokenCache
let failing: Error | undefined
let manager: TokenManager

const onMessage = (message: unknown): void => void heard.push(message)
const logged = (...args: unknown[]): void => void heard.push(args)
const logger: Logger = { debug: logged, info: logged, warn: logged, error: logged }

beforeEach(async () => {
  platform = await scriptedPlatform()
  heard = []
  stored = new Map()
  failing = undefined
  const attempt = <T>(work: () => T): T => {
    if (failing !== undefined) throw failing
    return work()
  }
  cache = {
    get: (key) => attempt(() => stored.get(key)),
    set: (key, value) => attempt(() => stored.set(key, value)),
    remove: (key) => attempt(() => stored.delete(key)),
  }
  manager = new TokenManager({ cache, clock: platform.clock, random: () => 0, logger })
  for (const name of eventNames) {
    manager.on(name, onMessage)
    subscribe(`lingpai:${name}`, onMessage)
  }
})
afterEach(async () => {
  await manager.close()
  for (const name of eventNames) unsubscribe(`lingpai:${name}`, onMessage)
  assertSilent(...heard)
  await platform.close()
})

const goodBody = { access_token: token, expires_in: 7200 }

test('the planted token is accepted by the core, and a caller gets it', async () => {
  platform.answer(reply(goodBody))
  expect(await manager.source(platform.provider, account).getAccessToken()).toBe(token)
})

test('printed objects that hold the secret or the token do not show it', async () => {
  platform.answer(reply(goodBody))
  const source = manager.source(platform.provider, account)
  const record = await source.getRecord()
  expect(record.value).toBe(token)
  assertSilent(manager, source, record, { ...record }, Object.entries(record), platform.provider, source.status())
  assertSilent(source.account, manager.sources(), structuredClone({ ...record }), [...stored.keys()], source.toJSON())
  assertSilent((globalThis as Record<symbol, unknown>)[Symbol.for('@lingpai/core/registry@3')])
  expect(Object.keys(record)).not.toContain('value')
  expect(inspect(record)).toContain('generation: 1')
  expect(JSON.parse(JSON.stringify(record))).toMatchObject({ generation: 1, reason: 'cold' })
})

test('a secret that a function returns is not shown either', async () => {
  platform.answer(reply(goodBody))
  const source = manager.source(platform.provider, { appId: 'toy-2', appSecret: () => `${secret}+with%20space` })
  const record = await source.getRecord()
  assertSilent(manager, source, record, source.status(), [...stored.keys()])
  platform.answer(reply({ errcode: 40001, errmsg: `wrong: ${secret}+with%20space` }))
  assertSilent(await errorOf(source.refresh()))
  const broken = manager.source(platform.provider, {
    appId: 'toy-3',
    appSecret: () => Promise.reject(new Error(`vault: {"appSecret":"S3c"}`)),
  })
  assertSilent(await errorOf(broken.getAccessToken()))
})

test('invalid credentials are named, not shown', async () => {
  for (const bad of [`${secret}\u0007`, `${secret}\n\t1`, [secret], { secret }, undefined]) {
    const source = manager.source(platform.provider, { appId: 'toy-1', appSecret: bad as unknown as string })
    expect(() => {
      source.validate()
    }).toThrow(/appSecret is (malformed|missing)/)
    assertSilent(await errorOf(source.getAccessToken()), source)
  }
})

const json = JSON.stringify
const echoes: Readonly<Record<string, object | string>> = {
  'a message with the secret': { errcode: 40001, errmsg: `bad secret ${secret} for toy-1` },
  'a message with the token': { errcode: 40001, errmsg: `old token ${token} stays` },
  'a message with the URL': { errcode: 40001, errmsg: `GET /token?${new URLSearchParams({ k: secret }).toString()}` },
  'a message with JSON in it': { errcode: -1, errmsg: json({ k: secret, t: token }) },
  'a code that is the secret': { errcode: secret, errmsg: 'odd' },
  'a trace id that is the secret': { errcode: 40001, errmsg: 'odd', trace_id: `trace ${secret}` },
  'an address that is the secret': { errcode: 40164, errmsg: `invalid ip ${secret}, not in whitelist` },
  'a secret across the cut': { errcode: 40001, errmsg: `${'x'.repeat(295)}${secret}` },
  'a secret across the other cut': { errcode: 40001, errmsg: `${'x'.repeat(1995)}${secret}` },
  'a token with an odd life': { ...goodBody, expires_in: 0 },
  'half a token': json(goodBody).slice(0, 30),
  'HTML with both': `<html>${secret} ${token}</html>`,
}

test.each(Object.entries(echoes))('%s is masked in a refresh ahead and a forced one', async (_, body) => {
  const { clock, provider } = platform
  platform.answer(reply(goodBody))
  const source = manager.source(provider, account)
  await source.getAccessToken()
  const key = [...stored.keys()][0] ?? ''
  platform.answer(reply(body))
  await clock.advance(7200_000 - 300_000)
  await source.getAccessToken()
  await clock.settle()
  assertSilent(source.status(), await errorOf(clock.runUntil(source.refresh())))
  stored.delete(key)
  assertSilent([...stored.entries()])
})

test.each(Object.entries(echoes).filter(([name]) => !/token|JSON/.test(name)))(
  '%s is masked in a cold refresh',
  async (_, body) => {
    const source = manager.source(platform.provider, account)
    platform.answer(reply(body))
    const error = await errorOf(platform.clock.runUntil(source.getAccessToken()))
    expect(error).toHaveProperty('code')
    assertSilent(error, source.status(), [...stored.entries()])
  },
)

test('a token that came too late to be used is masked, too', async () => {
  const source = manager.source(platform.provider, account)
  platform.answer((_, response) => {
    platform.clock.jumpWall(7200_000)
    response.end(json(goodBody))
  })
  expect(await errorOf(platform.clock.runUntil(source.getAccessToken()))).toMatchObject({
    code: 'ERR_LINGPAI_MALFORMED_RESPONSE',
  })
  platform.answer(reply({ errcode: 40001, errmsg: `old token ${token} stays` }))
  const error = await errorOf(platform.clock.runUntil(source.refresh()))
  expect(error).toMatchObject({ details: { platformMessage: expect.stringContaining('old token ***') as string } })
  assertSilent(error)
})

test('an error of fetch that quotes the request is masked', async () => {
  const { clock, provider } = platform
  const fetch = (url: unknown): Promise<Response> => {
    const inner = Object.assign(new Error(`connect failed: ${String(url)}`), { code: 'ECONNREFUSED', url, secret })
    inner.stack = `Error: ${String(url)}`
    return Promise.reject(new TypeError(`fetch of ${String(url)} failed (${secret})`, { cause: inner }))
  }
  await using own = new TokenManager({ cache, clock, fetch, logger })
  const source = own.source(provider, account)
  const error = await errorOf(clock.runUntil(source.getAccessToken()))
  expect(error).toMatchObject({ code: 'ERR_LINGPAI_TRANSPORT', details: { systemCode: 'ECONNREFUSED' } })
  expect(error).toMatchObject({ cause: { name: 'TypeError', cause: { code: 'ECONNREFUSED' } } })
  assertSilent(error, source.status(), [...stored.entries()])
})

test('an API call that fails with the URL in its error fails without the token', async () => {
  const { clock, provider } = platform
  const fetch = (url: unknown, init?: RequestInit): Promise<Response> =>
    String(url).includes('/token?')
      ? globalThis.fetch(url as string, init)
      : Promise.reject(Object.assign(new Error(`request to ${String(url)} failed`), { code: 'ECONNRESET', url }))
  await using own = new TokenManager({ cache, clock, fetch, logger })
  platform.answer(reply(goodBody))
  const source = own.source(provider, account)
  const error = await errorOf(source.fetch('/api'))
  expect(error).toMatchObject({ code: 'ECONNRESET', message: expect.stringContaining('access_token=***') as string })
  assertSilent(error)
})

test('an API call that fails without the token fails with the very error of fetch', async () => {
  platform.answer(reply(goodBody))
  const source = manager.source(platform.provider, account)
  await source.getAccessToken()
  const reason = new Error('enough')
  platform.answer(() => undefined)
  const leaving = new AbortController()
  const failed = errorOf(source.fetch('/api', { signal: leaving.signal }))
  await platform.clock.settle()
  leaving.abort(reason)
  expect(await failed).toBe(reason)
})

test('a store error that quotes the written record shows no token', async () => {
  const { clock, provider } = platform
  platform.answer(reply(goodBody))
  const source = manager.source(provider, account)
  await source.getAccessToken()
  const [text] = stored.values()
  failing = new Error(`cannot write ${text} or ${json(text)}`, { cause: new Error(`row: ${token}`) })
  await source.refresh()
  const error = await errorOf(source.clear())
  expect(error).toMatchObject({ code: 'ERR_LINGPAI_CACHE', details: { operation: 'remove' } })
  assertSilent(error)
  failing = undefined
  await clock.advance(10_000)
  expect(heard.some((event) => inspect(event, { depth: 9 }).includes('cannot write'))).toBe(true)
})

test('a damaged record is reported without its content', async () => {
  platform.answer(reply(goodBody))
  const source = manager.source(platform.provider, account)
  await source.getAccessToken()
  for (const [key, text] of stored) stored.set(key, text.slice(0, -1))
  await using other = new TokenManager({ cache: { ...cache }, clock: platform.clock, logger })
  await other.source(platform.provider, account).getAccessToken()
  expect(heard.some((event) => json(event).includes('is not a record'))).toBe(true)
})

test('a provider whose request() throws the secret does not show it', async () => {
  const talkative = { ...toy.spec, id: 'talkative', baseUrl: platform.url }
  const { defineProvider } = await import('@lingpai/core')
  const provider = defineProvider<typeof account>({
    ...talkative,
    request: ({ appSecret }) => {
      throw new TypeError(`no such secret: ${appSecret}`)
    },
  })
  const error = await errorOf(manager.source(provider, account).getAccessToken())
  expect(error).toMatchObject({ code: 'ERR_LINGPAI_CONFIG', details: { field: 'request' } })
  assertSilent(error)
})

test('rejections are reported without the token, even when the arguments are swapped', async () => {
  platform.answer(reply(goodBody))
  const source = manager.source(platform.provider, account)
  await source.getAccessToken()
  assertSilent(await errorOf(source.reportRejected(42001 as unknown as string, token)))
  assertSilent(await errorOf(platform.clock.runUntil(source.reportRejected(token, 42001))))
  expect(heard.some((event) => json(event).includes('rejected'))).toBe(true)
})

test('a token that goes into a header is only visible to the caller of authorizationHeader', async () => {
  const { id: _, ...rest } = toy.spec
  const { defineProvider } = await import('@lingpai/core')
  const provider = defineProvider<typeof account>({
    ...rest,
    id: 'headed',
    baseUrl: platform.url,
    placement: { in: 'header', name: 'Authorization', scheme: 'Toy' },
    request: toy.spec.request,
  })
  platform.answer(reply(goodBody))
  const source = manager.source(provider, account)
  expect(await source.authorizationHeader()).toBe(`Toy ${token}`)
  assertSilent(source, source.status(), manager)
  assertSilent(await errorOf(source.fetch('https://elsewhere.example/api')))
  assertSilent(await errorOf(manager.source(platform.provider, account).authorizationHeader()))
})
