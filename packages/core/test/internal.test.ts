import type { IAccessTokenCache } from '../src/cache.js'
import { assertReady, expandHome, exposureOf } from '../src/internal.js'

const rules = { owner: 'shop', field: 'secretFile', allowWorldReadable: false }
const exposed = (mode: number, allowWorldReadable = false): ReturnType<typeof exposureOf> =>
  exposureOf({ path: '/run/secret', mode }, { ...rules, allowWorldReadable })

describe('the mode of a file that holds something secret', () => {
  test('a file of its owner alone is no exposure', () => {
    expect(exposed(0o100600)).toBeUndefined()
  })

  test.each([
    [0o640, 'read by its group (0640)'],
    [0o622, 'changed by others (0622)'],
  ])('a file of mode %o is told with what to do', (mode, words) => {
    expect(exposed(mode)).toEqual({ text: `/run/secret can be ${words}`, action: 'chmod 600 /run/secret' })
  })

  test('a file that everybody can read is rejected by name, unless that is allowed', () => {
    expect(() => exposed(0o644)).toThrow(/^shop: \/run\/secret can be read by everybody \(0644\); chmod 600 it/)
    expect(exposed(0o644, true)).toEqual({
      text: '/run/secret can be read by everybody (0644)',
      action: 'chmod 600 /run/secret',
    })
  })
})

test.each([
  ['~', '/home/me'],
  ['~/tokens', '/home/me/tokens'],
  ['~\\tokens', '/home/me\\tokens'],
  ['/tokens', '/tokens'],
  ['a~b', 'a~b'],
  ['~bob/tokens', undefined],
])('the path %s is expanded to %s', (path, expanded) => {
  expect(expandHome(path, () => '/home/me')).toBe(expanded)
})

describe('a store that is checked at start-up', () => {
  const storeOf = (fault?: unknown): { readonly cache: IAccessTokenCache; readonly calls: string[] } => {
    const calls: string[] = []
    const call = (name: string) => (): void => {
      calls.push(name)
      if (fault !== undefined) throw fault as Error
    }
    return { cache: { get: () => undefined, set: call('set'), remove: call('remove') }, calls }
  }

  test('a store without a lease is written to and cleared again', async () => {
    const { cache, calls } = storeOf()
    await assertReady('toyCache', cache)
    expect(calls).toEqual(['set', 'remove'])
  })

  test('a store with a lease is checked by it', async () => {
    const { cache, calls } = storeOf()
    const lease = {
      take: () => calls.push('take') > 0,
      commit: () => true,
      release: () => void calls.push('release'),
    }
    await assertReady('toyCache', { ...cache, lease, reach: 'host' })
    expect(calls).toEqual(['take', 'release'])
  })

  test.each([
    [new TypeError('no answer'), 'toyCache: the store cannot be used: no answer'],
    [Object.assign(new TypeError('x'), { code: 'ETIMEDOUT' }), 'toyCache: the store cannot be used: ETIMEDOUT'],
  ])('%#: the error says why the store cannot be used', async (fault, message) => {
    await expect(assertReady('toyCache', storeOf(fault).cache)).rejects.toMatchObject({
      code: 'ERR_LINGPAI_CACHE',
      message,
      details: { operation: 'set', problem: 'failed' },
    })
  })

  test('the error says what to do where waiting does not mend it', async () => {
    const denied = Object.assign(new TypeError('denied'), { code: 'EACCES' })
    await expect(assertReady('toyCache', storeOf(denied).cache)).rejects.toMatchObject({ retryable: false })
  })
})
