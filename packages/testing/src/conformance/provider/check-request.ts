import assert from 'node:assert/strict'
import type { Provider, RequestSpec } from '@lingpai/core'
import { withSecret, type AddProviderCheck, type ProviderSamples } from './provider-samples.js'

/** Characters that break a URL, a query, a form or a JSON text that was concatenated by hand. */
const awkwardSecret = 'sec&B=+ x/?#%"\\é'

/** Checks the token request as a description, without sending it. */
export function checkRequest<C>(
  add: AddProviderCheck,
  provider: Provider<C>,
  { credentials }: ProviderSamples<C>,
): void {
  const { spec } = provider
  const awkward = withSecret(provider, credentials, awkwardSecret)

  add('request() is pure: no I/O, the same result each time, and the credentials stay unchanged', () => {
    const given = Object.freeze({ ...awkward })
    const ask = (): RequestSpec => withoutWorld(() => spec.request(given))
    const first = ask()
    assert.deepEqual(ask(), first)
    assert.deepEqual(given, awkward)
    assert.ok(!('then' in first), 'request() must be synchronous')
  })

  add('URLs are absolute, or paths below a base, and their query is separate', () => {
    const request = spec.request(awkward)
    assertUrl(request, spec.baseUrl)
    if (spec.probe) assertUrl(spec.probe, spec.apiBaseUrl ?? spec.baseUrl)
  })

  add('the request has at most one body, and none with GET', () => {
    const { method, json, form } = spec.request(awkward)
    const bodies = [json, form].filter((body) => body !== undefined)
    assert.ok(bodies.length <= (method === 'GET' ? 0 : 1))
  })

  add('each secret is sent, and none is in the URL', () => {
    const request = spec.request(awkward)
    for (const field of spec.secrets) {
      const other = spec.request({ ...awkward, [field]: 'another' })
      // The request of a derived token carries its parent token instead of the secrets.
      if (spec.parent === undefined) assert.notDeepEqual(other, request, `${field} is not sent`)
      assert.equal(other.url, request.url, `${field} is in the URL`)
    }
  })

  add('query, form and JSON contain secrets unencoded: the core encodes them', () => {
    const { query = {}, form = {}, json = {} } = spec.request(awkward)
    const text = JSON.stringify([query, form, json])
    assert.ok(!text.includes(encodeURIComponent(awkwardSecret)), 'a secret is encoded twice')
    assert.ok(!text.includes(Buffer.from(awkwardSecret).toString('base64')), 'a secret is encoded twice')
  })
}

function assertUrl({ url }: RequestSpec, base: string | undefined): void {
  assert.ok(URL.canParse(url) || (base !== undefined && url.startsWith('/')), `${url} needs a base`)
  const { protocol, search, hash } = new URL(url, base)
  assert.match(protocol, /^https?:$/)
  assert.equal(search + hash, '', 'the query belongs in `query`')
}

/** Runs `ask` while fetch, clock and random throw. */
function withoutWorld<T>(ask: () => T): T {
  const { fetch } = globalThis
  const { now } = Date
  const { random } = Math
  const forbidden = (): never => assert.fail('request() must be pure')
  Object.assign(globalThis, { fetch: forbidden })
  Date.now = forbidden
  Math.random = forbidden
  try {
    return ask()
  } finally {
    Object.assign(globalThis, { fetch })
    Date.now = now
    Math.random = random
  }
}
