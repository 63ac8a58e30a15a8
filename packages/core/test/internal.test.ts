import type { CacheLease, IAccessTokenCache } from '../src/cache.js'
import { assertReady, expandHome, exposureOf } from '../src/internal.js'

const rules = { owner: 'shop', field: 'secretFile', allowWorldReadable: false }
const exposed = (mode: number, allowWorldReadable = false): ReturnType<typeof exposureOf> =>
  exposureOf({ path: '/run/secret', mode }, { ...rules, allowWorldReadable })

describe('the mode of a file with a secret', () => {
  test('a file that only its owner can access is not exposed', () => {
    expect(exposed(0o100600)).toBeUndefined()
  })

  test.each([
    [0o640, 'read by its group (0640)'],
    [0o622, 'changed by others (0622)'],
  ])('reports a file of mode %o with what to do', (mode, words) => {
    expect(exposed(mode)).toEqual({ text: `/run/secret can be ${words}`, action: 'chmod 600 /run/secret' })
  })

  test('a world-readable file is rejected by name, unless that is allowed', () => {
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

describe('the check of a store at start-up', () => {
  const storeOf = (
    fault?: unknown,
    faulty: readonly string[] = ['get', 'set', 'remove'],
  ): { readonly cache: IAccessTokenCache; readonly lease: CacheLease; readonly calls: string[] } => {
    const calls: string[] = []
    const call =
      <T>(name: string, answer: T) =>
      (): T => {
        calls.push(name)
        if (fault !== undefined && faulty.includes(name)) throw fault as Error
        return answer
      }
    return {
      cache: { get: call('get', undefined), set: call('set', undefined), remove: call('remove', undefined) },
      lease: { take: call('take', true), commit: call('commit', true), release: call('release', undefined) },
      calls,
    }
  }

  test('writes an entry to a store without leases, reads it, and removes it', async () => {
    const { cache, calls } = storeOf()
    await assertReady('toyCache', cache)
    expect(calls).toEqual(['set', 'get', 'remove'])
  })

  test('writes under the lease of a store with leases, as a refresh does, and asks for the time of a store that has one', async () => {
    const { cache, lease, calls } = storeOf()
    await assertReady('toyCache', { ...cache, lease, nowMs: () => calls.push('now'), reach: 'host' })
    expect(calls).toEqual(['now', 'take', 'commit', 'get', 'remove'])
  })

  test('succeeds while another process checks the store, too, and has its lease', async () => {
    const { cache, lease } = storeOf()
    await assertReady('toyCache', { ...cache, lease: { ...lease, take: () => false, commit: () => false } })
  })

  test.each(['take', 'commit', 'get', 'remove'])(
    'fails with a store that fails only in %s, and names that',
    async (operation) => {
      const { cache, lease } = storeOf(new TypeError('denied'), [operation])
      await expect(assertReady('toyCache', { ...cache, lease })).rejects.toMatchObject({ details: { operation } })
    },
  )

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

  test('names what to do in the error if waiting cannot solve the problem', async () => {
    const denied = Object.assign(new TypeError('denied'), { code: 'EACCES' })
    await expect(assertReady('toyCache', storeOf(denied).cache)).rejects.toMatchObject({ retryable: false })
  })
})
