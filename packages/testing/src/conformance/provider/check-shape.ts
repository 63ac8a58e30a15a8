import assert from 'node:assert/strict'
import type { ParentProvider, Provider } from '@lingpai/core'
import { classify, renewalModes } from '@lingpai/core/internal'
import { bodyWith, codesOf, endpoints, replyOf, type AddProviderCheck } from './provider-samples.js'

/** Checks placement, renewal times and `extend()`. */
export function checkShape<C>(add: AddProviderCheck, provider: Provider<C>): void {
  const { placement, renewal, source } = provider.spec

  add('the facts have a source and a date', () => {
    assert.ok(URL.canParse(source.url))
    assert.ok(Number.isFinite(Date.parse(source.readOn)))
  })

  add('the token goes into a query parameter or a valid HTTP header', () => {
    if (placement.in === 'nowhere') return
    assert.match(placement.name, /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/)
    if (placement.in === 'query') return
    assert.doesNotMatch(placement.name, /^(host|connection|cookie|transfer-encoding|content-.*)$/i)
    if (placement.scheme !== undefined) assert.match(placement.scheme, /^[!-~]+$/)
  })

  add('the first refresh ahead comes before the token is held back, whatever the jitter', () => {
    const { attemptsAtSeconds, jitterSeconds, marginSeconds, minIntervalSeconds, maxLifeSeconds } = renewal
    const [first = 0, second = 0] = attemptsAtSeconds
    const latest = first - Math.min(jitterSeconds, first - second)
    assert.ok(latest > marginSeconds, `${latest} s before expiry is inside the margin of ${marginSeconds} s`)
    assert.ok(minIntervalSeconds < first, 'the shortest interval leaves room for the first attempt')
    assert.ok(first < maxLifeSeconds, 'the first attempt lies within the longest life')
  })

  add('a process reads the cache for a newer token before the old one expires', () => {
    const { mode, memorySeconds, overlapSeconds } = renewal
    if (renewalModes[mode].endsOld && overlapSeconds > 0) assert.ok(memorySeconds < overlapSeconds)
  })

  checkExtend(add, provider)
  if (provider.spec.parent !== undefined) checkParent(add, provider, provider.spec.parent)
}

function checkParent<C>(add: AddProviderCheck, provider: Provider<C>, parent: ParentProvider<C>): void {
  add('another base applies to the parent token as well', () => {
    const { spec } = provider.extend({ baseUrl: 'https://example.com/prefix' })
    assert.equal(spec.parent?.spec.baseUrl, 'https://example.com/prefix')
    assert.equal(spec.parent.kind, parent.kind)
  })

  add('the environment variables are those of the parent token', () => {
    const { account, secrets, env } = parent.spec
    for (const field of [...account, ...secrets]) assert.deepEqual(provider.spec.env?.[field], env?.[field], field)
  })
}

function checkExtend<C>(add: AddProviderCheck, provider: Provider<C>): void {
  const { spec } = provider
  const [field = ''] = spec.response.code
  const mine = replyOf({ body: bodyWith({ [field]: 'a-code-of-mine' }) })

  add('extend() returns the same platform with other facts', () => {
    const other = provider.extend({
      baseUrl: 'https://example.com/prefix',
      renewal: { marginSeconds: 1 },
      errors: { api: { permission: ['a-code-of-mine'] } },
      hints: { permission: 'ask' },
    })
    assert.deepEqual([other.id, other.kind], [provider.id, provider.kind])
    assert.equal(other.spec.baseUrl, 'https://example.com/prefix')
    assert.deepEqual(other.spec.renewal, { ...spec.renewal, marginSeconds: 1 })
    assert.equal(classify(other.spec, 'api', mine)?.errorClass, 'permission')
    assert.equal(other.spec.hints?.['permission'], 'ask')
  })

  add('extend() does not change the provider itself, and without changes changes nothing', () => {
    assert.equal(classify(spec, 'api', mine)?.errorClass, 'unknown')
    assert.ok(Object.isFrozen(provider) && Object.isFrozen(spec))
    const same = provider.extend({}).spec
    assert.deepEqual(same.renewal, spec.renewal)
    for (const endpoint of endpoints) assert.deepEqual(codesOf(same.errors[endpoint]), codesOf(spec.errors[endpoint]))
  })
}
