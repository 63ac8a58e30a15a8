import { systemClock, type CacheLease, type IAccessTokenCache } from '@lingpai/core'
import { assertReady, changeMessage, configErrors } from '@lingpai/core/internal'
import { changeChannel, changeFeed, type ChangeFeed } from './change-feed.js'
import { Connection } from './connection.js'
import { commitScript, leaseGraceMs, releaseScript, setScript, takeScript } from './lua-scripts.js'
import { momentOf } from './moment-of.js'
import { entryKeys } from './redis-key.js'
import { givenLink, linksTo, type Link, type MakeLink } from './redis-link.js'
import { checkOptions, readTarget, type RedisCacheOptions, type RedisClient } from './redis-options.js'
import { isWrongType } from './store-error.js'

const malformed = configErrors('redisCache')

/** A cache for a fleet, with every optional capability of a cache. */
export interface RedisCache extends IAccessTokenCache {
  get(key: string): Promise<string | undefined>
  set(key: string, value: string, expiresAtMs?: number): Promise<void>
  remove(key: string): Promise<void>
  readonly reach: 'fleet'
  readonly lease: CacheLease
  readonly subscribe: NonNullable<IAccessTokenCache['subscribe']>
  readonly nowMs: () => Promise<number>
  readonly ready: () => Promise<void>
  readonly close: () => Promise<void>
}

/**
 * Stores records in Redis, shared by all processes of all hosts. Lease and fenced commit are scripts; writes are announced by pub/sub.
 *
 * It connects in the background. The first calls wait for the connection, up to `timeoutMs`. While Redis is down or silent, calls
 * reject at once with an error that names the server and the reason, and the cache reconnects by itself.
 *
 * @throws ConfigError naming the option, never its value
 * @example
 * ```ts
 * import { redisCache } from '@lingpai/cache-redis'
 * import { TokenManager } from '@lingpai/core'
 *
 * const tokens = new TokenManager({ cache: redisCache({ url: 'redis://localhost:6379/0' }) })
 * ```
 */
export function redisCache(options: RedisCacheOptions): RedisCache {
  const { timeoutMs } = checkOptions(options)
  const { clock = systemClock } = options
  const { makeLink, name, openFeed } = 'client' in options ? byClient(options.client) : byUrl(options)
  const connection = new Connection({ makeLink, clock, timeoutMs, name })
  const feed = changeFeed((onReady) =>
    openFeed((feedLinks) => {
      const own = new Connection({ makeLink: feedLinks, clock, timeoutMs, name, onReady })
      return () => {
        own.close()
      }
    }, onReady),
  )
  const evaluate = async (script: string, keys: string[], values: readonly (string | number)[]): Promise<boolean> =>
    connection.run(async (link) => {
      const reply = await link.client().eval(script, { keys, arguments: values.map(String) })
      return Number(reply) === 1
    })
  const cache: RedisCache = {
    reach: 'fleet',
    get: async (key) => connection.run((link) => read(link, entryKeys(key).record)),
    set: async (key, value, expiresAtMs) => {
      const told = [changeChannel, changeMessage(key, checkValue(value))]
      await evaluate(setScript, [entryKeys(key).record], [value, momentText(expiresAtMs), ...told])
    },
    remove: async (key) => {
      await connection.run((link) => link.records().delete(entryKeys(key).record))
    },
    lease: leaseBy(evaluate),
    subscribe: feed.subscribe,
    nowMs: async () => momentOf(await connection.run((link) => link.client().time())),
    ready: async () => assertReady('redisCache', cache),
    close: async () => {
      closeAll(connection, feed)
    },
  }
  return cache
}

function closeAll(connection: Connection, feed: ChangeFeed): void {
  feed.close()
  connection.close()
}

async function read(link: Link, key: string): Promise<string | undefined> {
  try {
    return await link.records().get(key)
  } catch (error) {
    // The key has a value of another type: a miss, which the next write replaces.
    if (isWrongType(error)) return undefined
    throw error
  }
}

function leaseBy(
  evaluate: (script: string, keys: string[], values: readonly (string | number)[]) => Promise<boolean>,
): CacheLease {
  return {
    take: async (key, holder, ttlMs) => {
      if (!(Number.isFinite(ttlMs) && ttlMs > 0)) throw malformed('ttlMs', 'must be a positive number')
      return evaluate(takeScript, [entryKeys(key).lease], [holder, Math.ceil(ttlMs) + leaseGraceMs, leaseGraceMs])
    },
    commit: async (key, holder, value, expiresAtMs) => {
      const { lease, record } = entryKeys(key)
      const told = [changeChannel, changeMessage(key, checkValue(value))]
      return evaluate(commitScript, [lease, record], [holder, value, momentText(expiresAtMs), ...told])
    },
    release: async (key, holder) => {
      await evaluate(releaseScript, [entryKeys(key).lease], [holder])
    },
  }
}

interface Access {
  readonly makeLink: MakeLink
  readonly name: string
  /** Opens the source of write notifications: a separate connection, or the given client. Returns a function that closes it. */
  readonly openFeed: (
    connect: (links: MakeLink) => () => void,
    onReady: (link: Pick<Link, 'client'>) => void,
  ) => () => void
}

function byUrl(options: Extract<RedisCacheOptions, { readonly url: string }>): Access {
  const target = readTarget(options)
  return {
    makeLink: linksTo(target),
    name: target.name,
    openFeed: (connect) => connect(linksTo(target, { pubSub: true })),
  }
}

function byClient(client: RedisClient): Access {
  const link = givenLink(client)
  return {
    makeLink: () => link,
    name: '(the given client)',
    openFeed: (connect, onReady) => {
      const { duplicate } = client as { readonly duplicate?: () => RedisClient }
      // Clusters and sentinels open their own connection for pub/sub; a single client would be blocked by it.
      if (client.isReady === undefined || typeof duplicate !== 'function') {
        onReady(link)
        return () => undefined
      }
      const listening = givenLink(duplicate.call(client))
      return connect(() => listening)
    },
  }
}

function checkValue(value: unknown): string {
  if (typeof value !== 'string') throw malformed('value', 'must be a string')
  return value
}

/** Formats the expiry of an entry for Redis; empty: never. */
function momentText(expiresAtMs: number | undefined): string {
  if (expiresAtMs === undefined || expiresAtMs === Infinity) return ''
  if (!Number.isFinite(expiresAtMs)) throw malformed('expiresAtMs', 'must be a finite number')
  return String(Math.max(0, Math.ceil(expiresAtMs)))
}
