import { ConfigError, systemClock, type CacheLease, type IAccessTokenCache } from '@lingpai/core'
import { assertReady } from '@lingpai/core/internal'
import { changeChannel, changeFeed, changeMessage, type ChangeFeed } from './change-feed.js'
import { Connection } from './connection.js'
import { commitScript, leaseGraceMs, releaseScript, setScript, takeScript } from './lua-scripts.js'
import { momentOf } from './moment-of.js'
import { entryKeys } from './redis-key.js'
import { givenLink, linksTo, type Link, type MakeLink } from './redis-link.js'
import { checkOptions, readTarget, type RedisCacheOptions, type RedisClient } from './redis-options.js'
import { isWrongType } from './store-error.js'

/** A cache of the fleet, with all that a cache can have. */
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
 * Records in Redis, shared by all processes of all hosts: a lease and a fenced commit as scripts, news of writes by pub/sub.
 *
 * It connects in the background. The first calls wait for that, at most `timeoutMs`; while Redis is down or silent, calls reject
 * at once with an error that names the server and the reason, and the connection comes back by itself.
 *
 * @throws ConfigError naming the option, never what stands in it
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
    // Something else has the place of the record: a miss, which the next write heals.
    if (isWrongType(error)) return undefined
    throw error
  }
}

function leaseBy(
  evaluate: (script: string, keys: string[], values: readonly (string | number)[]) => Promise<boolean>,
): CacheLease {
  return {
    take: async (key, holder, ttlMs) => {
      if (!(Number.isFinite(ttlMs) && ttlMs > 0)) throw malformed('ttlMs', 'is to be above zero')
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
  /** Opens what feeds the listeners: a connection of its own, by `connect`, or what the client brings. Gives what closes it. */
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
      // Clusters and sentinels listen on a connection that they open for it; a single client would be taken up by it.
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
  if (typeof value !== 'string') throw malformed('value', 'is no text')
  return value
}

/** The moment to forget an entry at, as Redis takes it; empty: never. */
function momentText(expiresAtMs: number | undefined): string {
  if (expiresAtMs === undefined || expiresAtMs === Infinity) return ''
  if (!Number.isFinite(expiresAtMs)) throw malformed('expiresAtMs', 'is no moment')
  return String(Math.max(0, Math.ceil(expiresAtMs)))
}

function malformed(field: string, problem: string): ConfigError {
  return new ConfigError(`redisCache: ${field} ${problem}`, { field, problem: 'malformed' })
}
