import assert from 'node:assert/strict'
import { type Endpoint, type Provider } from '@lingpai/core'
import { classify, credentialFields, failurePolicy, readResponse } from '@lingpai/core/internal'
import {
  bodyWith,
  codesOf,
  endpoints,
  refusesToken,
  replyOf,
  type AddProviderCheck,
  type ProviderSamples,
  type ErrorSample,
} from './provider-samples.js'

/** Checks the error tables code by code, and every recorded response. */
export function checkTables<C>(add: AddProviderCheck, { spec }: Provider<C>, samples: ProviderSamples<C>): void {
  for (const endpoint of endpoints) {
    add(`each code of errors.${endpoint} gets its class, in each code field, as a number and as a text`, () => {
      for (const [errorClass, code] of codesOf(spec.errors[endpoint])) {
        for (const field of spec.response.code) {
          for (const spelling of [code, String(code)]) {
            const errorResponse = classify(spec, endpoint, replyOf({ body: bodyWith({ [field]: spelling }) }))
            assert.equal(errorResponse?.errorClass, errorClass, `${endpoint} code ${code} in ${field}`)
          }
        }
      }
    })

    add(`no code of errors.${endpoint} is in two classes, and each class has an action`, () => {
      const codes = codesOf(spec.errors[endpoint])
      assert.equal(new Set(codes.map(([, code]) => String(code))).size, codes.length)
      for (const [errorClass] of codes) assert.ok(Object.hasOwn(failurePolicy, errorClass), errorClass)
    })
  }

  add('perCode and hints have only known codes and classes', () => {
    const codes = new Set(
      endpoints.flatMap((endpoint) => codesOf(spec.errors[endpoint])).map(([, code]) => String(code)),
    )
    for (const code of Object.keys(spec.perCode ?? {})) assert.ok(codes.has(code), `perCode: ${code} is in no table`)
    const known = new Set([...codes, ...Object.keys(failurePolicy), ...credentialFields(spec)])
    for (const key of Object.keys(spec.hints ?? {}))
      assert.ok(known.has(key), `hints: ${key} is not a code, class or credential`)
  })

  add('a code that no table lists is unknown, and each code of success is none', () => {
    for (const field of spec.response.code) {
      const classOf = (code: unknown): string | undefined =>
        classify(spec, 'api', replyOf({ body: bodyWith({ [field]: code }) }))?.errorClass
      assert.equal(classOf('no-such-code'), 'unknown')
      for (const code of spec.response.success ?? [0]) {
        assert.equal(classOf(code), undefined)
        assert.equal(classOf(String(code)), undefined)
      }
    }
  })

  checkSamples(add, spec, samples)
}

function checkSamples<C>(add: AddProviderCheck, spec: Provider<C>['spec'], samples: ProviderSamples<C>): void {
  const { ok, alsoOk = [], tokenErrors, apiErrors } = samples

  for (const [i, body] of [ok, ...alsoOk].entries()) {
    add(`successful response ${i + 1} has a token and its life`, () => {
      assert.equal(readResponse(spec, replyOf({ body }), Date.now()).kind, 'token')
    })
  }

  add('a response without its token, or with a life of 0 or less, is malformed', () => {
    const { token, expiresIn } = spec.response
    const lives = expiresIn === undefined ? [] : [{ [expiresIn]: 0 }, { [expiresIn]: -1 }]
    for (const damage of [{ [token]: '' }, { [token]: null }, ...lives]) {
      const answer = readResponse(spec, replyOf({ body: bodyWith(damage, ok) }), Date.now())
      assert.equal(answer.kind, 'malformed', JSON.stringify(damage))
    }
  })

  add('a life that is absent or unreadable is the default one', () => {
    const { expiresIn, expiresAt } = spec.response
    const fields = [expiresIn, expiresAt].filter((field) => field !== undefined)
    for (const life of [null, 'soon', {}]) {
      const damage = Object.fromEntries(fields.map((field) => [field, life]))
      const answer = readResponse(spec, replyOf({ body: bodyWith(damage, ok) }), Date.now())
      assert.equal(answer.kind, 'token', JSON.stringify(life))
      const { defaultLifeSeconds, maxLifeSeconds } = spec.renewal
      assert.equal(answer.lifeSeconds, Math.min(defaultLifeSeconds, maxLifeSeconds))
    }
  })

  add('the samples have an error of the token endpoint, and one of the API that rejects the token', () => {
    // A derived token is requested from an API, so the same samples serve as both.
    const refusals = spec.parent === undefined ? apiErrors : tokenErrors
    assert.ok(tokenErrors.length > 0 && refusals.some(refusesToken))
  })

  for (const [endpoint, refusals] of [['token', tokenErrors] as const, ['api', apiErrors] as const]) {
    for (const [i, sample] of refusals.entries()) {
      add(`${endpoint} error ${i + 1} is ${sample.errorClass}`, () => {
        assertRefusal(spec, endpoint, sample)
      })
    }
  }
}

function assertRefusal<C>(spec: Provider<C>['spec'], endpoint: Endpoint, sample: ErrorSample): void {
  const errorResponse = classify(spec, endpoint, replyOf(sample))
  assert.ok(errorResponse !== undefined, 'no code was found in the body')
  const { code, errorClass, traceId, ip } = errorResponse
  assert.equal(errorClass, sample.errorClass)
  if (sample.code !== undefined) assert.equal(String(code), String(sample.code))
  if (sample.traceId !== undefined) assert.equal(traceId, sample.traceId)
  if (sample.ip !== undefined) assert.equal(ip, sample.ip)
  if (endpoint === 'token') assert.equal(readResponse(spec, replyOf(sample), Date.now()).kind, 'error')
}
