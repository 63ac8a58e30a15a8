import { inspect } from 'node:util'
import { redisCache, type RedisCacheOptions } from '@lingpai/cache-redis'
import { entryKeys } from '../src/redis-key.js'
import { readTarget } from '../src/redis-options.js'

const wrong: readonly (readonly [unknown, string, string])[] = [
  [{}, 'url', 'missing'],
  [undefined, 'url', 'missing'],
  [{ url: '' }, 'url', 'empty'],
  [{ url: 42 }, 'url', 'malformed'],
  [{ url: 'http://localhost' }, 'url', 'malformed'],
  [{ url: 'redis://' }, 'url', 'malformed'],
  [{ url: 'redis://:PLANTED@host:port' }, 'url', 'malformed'],
  [{ url: 'redis://host:99999' }, 'url', 'malformed'],
  [{ url: 'redis://host/one' }, 'url', 'malformed'],
  [{ url: 'redis://host/0/1' }, 'url', 'malformed'],
  [{ url: 'redis://a,b' }, 'url', 'malformed'],
  [{ url: 'redis://:PLANTED%@host' }, 'url', 'malformed'],
  [{ url: 'redis://host?password=PLANTED' }, 'url', 'unknown'],
  [{ url: 'redis+sentinel://a,b' }, 'url', 'malformed'],
  [{ url: 'redis+cluster://a/1' }, 'url', 'conflict'],
  [{ url: 'redis://host', tls: {} }, 'tls', 'conflict'],
  [{ url: 'redis://host', timeoutMs: 0 }, 'timeoutMs', 'malformed'],
  [{ url: 'redis://host', timeoutMs: Number.NaN }, 'timeoutMs', 'malformed'],
  [{ url: 'redis://host', password: 42 }, 'password', 'malformed'],
  [{ client: {} }, 'client', 'malformed'],
  [{ client: undefined }, 'client', 'malformed'],
  [{ client: {}, url: 'redis://host' }, 'client', 'conflict'],
]

for (const [index, [options, field, problem]] of wrong.entries()) {
  test(`invalid options ${index + 1} are a ConfigError that names ${field} as ${problem} without its value`, () => {
    let error: unknown
    try {
      redisCache(options as RedisCacheOptions)
    } catch (caught) {
      error = caught
    }
    expect(error).toMatchObject({ code: 'ERR_LINGPAI_CONFIG', details: { field, problem } })
    expect(inspect(error)).not.toContain('PLANTED')
  })
}

test('a URL is parsed with all its parts and displayed without user and password', () => {
  expect(readTarget({ url: 'redis://host' })).toMatchObject({
    kind: 'standalone',
    nodes: [{ host: 'host', port: 6379 }],
    database: 0,
    login: {},
    tls: undefined,
    name: 'redis://host:6379',
  })
  expect(readTarget({ url: 'rediss://us%40er:pa%3Ass@[::1]:7000/3' })).toMatchObject({
    nodes: [{ host: '::1', port: 7000 }],
    database: 3,
    login: { username: 'us@er', password: 'pa:ss' },
    tls: {},
    name: 'rediss://[::1]:7000/3',
  })
  expect(readTarget({ url: 'redis://:a@host', password: 'b', username: 'u' }).login).toEqual({
    username: 'u',
    password: 'b',
  })
  const sentinel = readTarget({ url: 'redis+sentinel://:pw@a,b:27000/mymaster/2', sentinelPassword: 's' })
  expect(sentinel).toMatchObject({
    kind: 'sentinel',
    nodes: [
      { host: 'a', port: 26379 },
      { host: 'b', port: 27000 },
    ],
    masterName: 'mymaster',
    database: 2,
    login: { password: 'pw' },
    sentinelLogin: { password: 's' },
    name: 'redis+sentinel://a:26379,b:27000/mymaster/2',
  })
  expect(readTarget({ url: 'rediss+cluster://a:1,b:2' })).toMatchObject({ kind: 'cluster', tls: {} })
})

test('all keys of an account have one hash tag, and entries never share a key', () => {
  const tag = (key: string): string | undefined => /\{([^}]*)\}/.exec(key)?.[1]
  const account = 'lingpai:1:wecom:app:host:ww1:5d41'
  const keys = [account, `${account}:failure`].flatMap((key) => Object.values(entryKeys(key)) as string[])
  expect(new Set(keys.map(tag))).toEqual(new Set([account]))
  const odd = [
    'a',
    'a}',
    'a{',
    'a~',
    'a~0',
    'a~1',
    'a~2',
    '{a}',
    ':failure',
    'a:failure',
    'a:lease',
    'a:failure:lease',
    'a}:lease',
  ]
  const all = odd.flatMap((key) => Object.values(entryKeys(key)) as string[])
  expect(new Set(all).size).toBe(all.length)
  for (const key of all) expect(tag(key)).not.toBe('')
})
