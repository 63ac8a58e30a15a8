import { buildRequest, headerValue, placeToken, resolveUrl } from '../src/provider/build-request.js'
import type { RequestBase } from '../src/provider/build-request.js'

const at = (baseUrl: string | undefined, rebased = false): RequestBase => ({
  id: 'toy',
  rebased,
  ...(baseUrl !== undefined && { baseUrl }),
})

test.each([
  ['https://a.example', '/token', 'https://a.example/token'],
  ['https://a.example/', '/token', 'https://a.example/token'],
  ['https://a.example//', '/token', 'https://a.example/token'],
  ['https://a.example/one/two', '/token?x=1', 'https://a.example/one/two/token?x=1'],
  ['https://a.example/one/', '//evil.example/token', 'https://a.example/one//evil.example/token'],
  ['https://a.example', '/../token', 'https://a.example/../token'],
  ['http://127.0.0.1:8080/x', '/token', 'http://127.0.0.1:8080/x/token'],
])('below %s, %s is %s', (baseUrl, path, url) => {
  expect(resolveUrl(at(baseUrl), path)).toBe(url)
  expect(resolveUrl(at(baseUrl, true), path)).toBe(url)
})

test('an absolute URL stays as it is, unless the provider got another base', () => {
  const url = 'https://api.example.com/v1/token?x=1'
  expect(resolveUrl(at('https://a.example'), url)).toBe(url)
  expect(resolveUrl(at(undefined), url)).toBe(url)
  expect(resolveUrl(at(undefined, true), url)).toBe(url)
  expect(resolveUrl(at('https://proxy.example/p/', true), url)).toBe('https://proxy.example/p/v1/token?x=1')
})

test('a path without a base is a ConfigError without the URL', () => {
  expect(() => resolveUrl(at(undefined), '/token?secret=s3cret')).toThrow(
    expect.objectContaining({
      code: 'ERR_LINGPAI_CONFIG',
      message: 'provider "toy": a path needs a baseUrl',
      details: { field: 'baseUrl', problem: 'missing' },
    }),
  )
  expect(() => resolveUrl(at('https://a.example'), 'token?secret=s3cret')).toThrow(
    expect.objectContaining({
      message: 'provider "toy": a path starts with /',
      details: { field: 'baseUrl', problem: 'malformed' },
    }),
  )
})

test('the query is encoded so that every value arrives unchanged', () => {
  const nasty = `a&b=c+d%e/f?g#h "密钥" '(!)~*`
  const { url, init } = buildRequest(at('https://a.example/p'), {
    method: 'GET',
    url: '/token?fixed=1',
    query: { appid: 'x y', secret: nasty },
  })
  const arrived = new URL(url)
  expect(arrived.origin + arrived.pathname).toBe('https://a.example/p/token')
  expect(Object.fromEntries(arrived.searchParams)).toEqual({ fixed: '1', appid: 'x y', secret: nasty })
  expect(init).toEqual({ method: 'GET', headers: { accept: 'application/json' } })
})

test('a JSON body has its content type', () => {
  const json = { appid: '1', secret: '密钥"', list: [1] }
  const { init } = buildRequest(at('https://a.example'), { method: 'POST', url: '/token', json })
  expect(init).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } })
  expect(JSON.parse(init.body as string)).toEqual(json)
})

test('a form body is encoded and has its content type', () => {
  const form = { grant_type: 'client_credentials', secret: 'a&b=c+d 密' }
  const { init } = buildRequest(at('https://a.example'), { method: 'POST', url: '/token', form })
  expect(init.headers['content-type']).toBe('application/x-www-form-urlencoded')
  expect(Object.fromEntries(new URLSearchParams(init.body as string))).toEqual(form)
})

test('headers of the provider override those of the core', () => {
  const headers = { 'content-type': 'application/json; charset=utf-8', accept: '*/*', 'x-own': '1' }
  const { init } = buildRequest(at('https://a.example'), { method: 'POST', url: '/token', json: {}, headers })
  expect(init.headers).toEqual(headers)
})

test('a token goes where the platform takes it, and replaces an older one', () => {
  const url = new URL('https://a.example/api?access_token=old&x=1')
  const headers = new Headers({ authorization: 'old' })
  placeToken({ in: 'query', name: 'access_token' }, 'a+b&c=', url, headers)
  expect(url.searchParams.getAll('access_token')).toEqual(['a+b&c='])
  expect(url.searchParams.get('x')).toBe('1')
  placeToken({ in: 'header', name: 'Authorization', scheme: 'QQBot' }, 'tok', url, headers)
  expect(headers.get('authorization')).toBe('QQBot tok')
  expect(headerValue({}, 'tok')).toBe('tok')
})
