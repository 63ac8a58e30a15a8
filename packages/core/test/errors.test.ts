import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { jest } from '@jest/globals'
import {
  CacheError,
  ClosedError,
  ConfigError,
  isLingpaiError,
  LeaseError,
  LingpaiError,
  MalformedResponseError,
  PlatformError,
  TransportError,
  UnavailableError,
  type AnyLingpaiError,
} from '@lingpai/core'
import { classOfError, decodeFailure, encodeFailure, withRetryAt } from '../src/failure/failure-record.js'
import { networkError } from '../src/failure/upstream-errors.js'
import { errorOf, reply, scriptedPlatform } from './scripted-platform.js'

const refusal = {
  provider: 'toy',
  endpoint: 'token',
  platformCode: 40164,
  platformMessage: 'invalid ip',
  errorClass: 'ip-denied',
  traceId: 't-1',
  status: 200,
  ip: '203.0.113.7',
} as const
const malformed = { provider: 'toy', problem: 'not-json', status: 200, bytes: 7 } as const

const errors: readonly AnyLingpaiError[] = [
  new ConfigError('config', { field: 'appId', problem: 'empty' }, { hint: 'Give it.' }),
  new UnavailableError('unavailable', { provider: 'toy', problem: 'secret', field: 'appSecret' }),
  new TransportError('transport', { provider: 'toy', phase: 'connect', systemCode: 'ECONNREFUSED' }),
  new MalformedResponseError('malformed', malformed, { hint: 'Wait.' }),
  new PlatformError('platform', refusal, { retryable: false, hint: 'Add it.', cause: new Error('below') }),
  new CacheError('cache', { operation: 'get', reach: 'host', problem: 'timeout' }),
  new LeaseError('lease', { hint: 'Wait.' }),
  new ClosedError('closed'),
]

/** The members of an error that it shows. */
function membersOf(error: AnyLingpaiError): {
  readonly message: string
  readonly hint?: string
  readonly details?: object
} {
  const { message } = error
  return Object.assign({ message }, error)
}

test('every error class has its own code', () => {
  expect(errors.map(({ name, code }) => `${name} ${code}`)).toEqual([
    'ConfigError ERR_LINGPAI_CONFIG',
    'UnavailableError ERR_LINGPAI_UNAVAILABLE',
    'TransportError ERR_LINGPAI_TRANSPORT',
    'MalformedResponseError ERR_LINGPAI_MALFORMED_RESPONSE',
    'PlatformError ERR_LINGPAI_PLATFORM',
    'CacheError ERR_LINGPAI_CACHE',
    'LeaseError ERR_LINGPAI_LEASE',
    'ClosedError ERR_LINGPAI_CLOSED',
  ])
})

test('every error extends LingpaiError, and its stack shows its name', () => {
  for (const error of errors) {
    expect(Object.getPrototypeOf(Object.getPrototypeOf(error))).toBe(LingpaiError.prototype)
    expect(isLingpaiError(error)).toBe(true)
    expect(String(error)).toBe(`${error.name}: ${error.message}`)
    expect(error.stack).toContain(error.message)
    expect(Object.keys(error)).not.toContain('cause')
  }
})

test('errors of transient problems are retryable by default', () => {
  const retryable = errors.filter((error) => error.retryable).map(({ name }) => name)
  expect(retryable).toEqual([
    'UnavailableError',
    'TransportError',
    'MalformedResponseError',
    'CacheError',
    'LeaseError',
  ])
  expect(new TransportError('t', { provider: 'toy', phase: 'status' }, { retryable: false }).retryable).toBe(false)
})

test('an error has no members without a value', () => {
  const bare = new ClosedError('closed')
  expect('hint' in bare).toBe(false)
  expect(Object.hasOwn(bare, 'retryAtMs')).toBe(false)
  expect(Object.hasOwn(bare, 'cause')).toBe(false)
  expect(new ConfigError('c').details).toEqual({})
})

test('isLingpaiError is false for any other value', () => {
  const fake = { name: 'PlatformError', code: 'ERR_LINGPAI_PLATFORM', retryable: true }
  for (const other of [undefined, null, 0, '', 'ERR_LINGPAI_PLATFORM', {}, fake, new Error('x'), Symbol('x')]) {
    expect(isLingpaiError(other)).toBe(false)
  }
})

test('isLingpaiError is true for an error of another copy of the library, which instanceof does not find', async () => {
  jest.resetModules()
  const copy = await import('@lingpai/core')
  expect(copy.ConfigError).not.toBe(ConfigError)
  const theirs = new copy.ConfigError('theirs', { field: 'x' })
  expect(Object.getPrototypeOf(theirs)).not.toBe(ConfigError.prototype)
  expect(isLingpaiError(theirs)).toBe(true)
  for (const error of errors) expect(copy.isLingpaiError(error)).toBe(true)
})

test('an error copied with the moment of the next attempt keeps its class and everything else', () => {
  const kept = ['ERR_LINGPAI_CONFIG', 'ERR_LINGPAI_CACHE', 'ERR_LINGPAI_CLOSED']
  for (const error of errors) {
    const timed = withRetryAt(error, 1_767_225_600_000)
    if (kept.includes(error.code)) {
      expect(timed).toBe(error)
      continue
    }
    expect(timed).not.toBe(error)
    expect(Object.getPrototypeOf(timed)).toBe(Object.getPrototypeOf(error))
    expect(timed).toMatchObject({ ...membersOf(error), retryAtMs: 1_767_225_600_000 })
    expect(timed.cause).toBe(error.cause)
    expect('retryAtMs' in error && error.retryAtMs).toBeFalsy()
  }
})

const wording = { spec: { id: 'toy', hints: { 'ip-denied': 'Add {ip}.' } }, language: 'en' } as const

function withoutWords(details: object): object {
  return 'platformMessage' in details ? { ...details, platformMessage: '' } : details
}

test('a failure read from the cache has its class, and texts rebuilt from its code', () => {
  const atMs = 1_767_225_600_000
  for (const error of errors.slice(2, 5)) {
    const retryAtMs = atMs + 60_000
    const failure = {
      error: withRetryAt(error, retryAtMs),
      errorClass: classOfError(error),
      failures: 2,
      atMs,
      retryAtMs,
    }
    const back = decodeFailure(encodeFailure(failure), wording)
    expect(back).toMatchObject({ errorClass: classOfError(error), failures: 2, atMs, retryAtMs })
    const { message: _, hint: __, ...rest } = membersOf(failure.error)
    const told = 'details' in rest ? { ...rest, details: withoutWords(rest.details) } : rest
    expect(back?.error).toMatchObject(told)
    expect(back?.error.message).toMatch(/^toy: /)
    expect(Object.getPrototypeOf(back?.error)).toBe(Object.getPrototypeOf(error))
    expect(isLingpaiError(back?.error)).toBe(true)
    expect(back?.error.cause).toBeUndefined()
  }
})

test.each(['certificate', 'fetch'] as const)('a stored fault of the %s has the same hint as a new one', (problem) => {
  const met = networkError('toy', { phase: 'connect', systemCode: 'CERT_HAS_EXPIRED', problem }, { language: 'zh' })
  const failure = { error: met, errorClass: classOfError(met), failures: 1, atMs: 1000, retryAtMs: 2000 }
  const { error } = decodeFailure(encodeFailure(failure), { ...wording, language: 'zh' }) ?? {}
  expect(met.hint).toMatch(/`fetch`/)
  expect(error).toMatchObject({ message: met.message, hint: met.hint, details: met.details, retryable: false })
})

test('the class of an error without a platform code', () => {
  expect(errors.map((error) => classOfError(error))).toEqual([
    'unknown',
    'transient',
    'transient',
    'transient',
    'ip-denied',
    'unknown',
    'unknown',
    'unknown',
  ])
  for (const problem of ['redirect', 'not-found'] as const) {
    expect(classOfError(new MalformedResponseError('m', { ...malformed, problem }))).toBe('unknown')
  }
})

describe('the error that callers get', () => {
  test('an abort rejects with the reason of the signal itself, of any type', async () => {
    const platform = await scriptedPlatform()
    const source = platform.source()
    for (const reason of [new Error('mine'), 'a text', 7, { any: 'thing' }]) {
      expect(await errorOf(source.getAccessToken({ signal: AbortSignal.abort(reason) }))).toBe(reason)
    }
    platform.answer(() => undefined)
    const leaving = new AbortController()
    const { signal } = leaving
    const waiting = [source.getAccessToken({ signal }), source.getRecord({ signal }), source.refresh({ signal })]
    const outcomes = waiting.map((each) => errorOf(each))
    await platform.clock.settle()
    const reason = new DOMException('enough', 'TimeoutError')
    leaving.abort(reason)
    for (const outcome of await Promise.all(outcomes)) expect(outcome).toBe(reason)
    await platform.close()
  })

  test('callers of one failed refresh get the same error object, also through fetch, withToken and getRecord', async () => {
    const platform = await scriptedPlatform()
    platform.answer(reply({ errcode: 40164, errmsg: 'invalid ip 203.0.113.7, not in whitelist rid: 68ae-1' }))
    const source = platform.source()
    const outcomes = await Promise.all(
      [source.getAccessToken(), source.getRecord(), source.fetch('/api'), source.withToken(() => 1)].map((each) =>
        errorOf(each as Promise<unknown>),
      ),
    )
    expect(new Set(outcomes).size).toBe(1)
    expect(outcomes[0]).toMatchObject({
      name: 'PlatformError',
      message: 'toy: the token request was rejected (40164 invalid ip 203.0.113.7, not in whitelist rid: 68ae-1)',
      hint: 'Add 203.0.113.7 to the white-list.',
      retryable: false,
      details: { provider: 'toy', endpoint: 'token', errorClass: 'ip-denied', traceId: '68ae-1', ip: '203.0.113.7' },
    })
    await platform.close()
  })

  test('hints are in the manager’s language', async () => {
    const platform = await scriptedPlatform()
    platform.answer(reply({ errcode: 40164, errmsg: 'invalid ip 203.0.113.7, not in whitelist' }))
    const source = platform.source(platform.manager({ language: 'zh' }))
    expect(await errorOf(source.getAccessToken())).toMatchObject({ hint: '把 203.0.113.7 加入白名单。' })
    await platform.close()
  })
})

test('an uncaught error prints its name and ends the process', async () => {
  const index = fileURLToPath(new URL('../src/index.ts', import.meta.url))
  const script = `import { ClosedError } from ${JSON.stringify(index)}; throw new ClosedError('shut')`
  const options = ['--conditions=@lingpai/source', '--import', 'tsx', '--input-type=module', '--eval', script]
  const child = spawn(process.execPath, options, { cwd: fileURLToPath(new URL('.', import.meta.url)) })
  let printed = ''
  child.stderr.on('data', (part: Buffer) => (printed += part.toString()))
  const code = await new Promise((resolve) => child.once('close', resolve))
  expect(code).toBe(1)
  expect(printed).toContain('shut')
  expect(printed).toContain("code: 'ERR_LINGPAI_CLOSED'")
})
