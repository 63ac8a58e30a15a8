import KeyvRedis, { createClient, createCluster, type RedisClientConnectionType } from '@keyv/redis'
import { Keyv, type KeyvOptions } from 'keyv'
import type { RedisClient, RedisTarget } from './redis-options.js'
import { findMaster } from './sentinel.js'
import { clientSettings } from './client-settings.js'
import { RedisStoreError } from './store-error.js'

/**
 * One connection, or the connections to a cluster. A link is used once: after a loss it is replaced by another. It does not keep the
 * process alive; calls do that themselves.
 */
export interface Link {
  /** Resolves when commands can be sent. */
  readonly connect: () => Promise<void>
  readonly isReady: () => boolean
  /** One connection, connections to a cluster, or a client from the caller that reconnects by itself. */
  readonly kind: 'single' | 'cluster' | 'given'
  readonly ping: () => Promise<unknown>
  readonly client: () => RedisClient
  /** Reads records through Keyv. */
  readonly records: () => Keyv<string>
  readonly destroy: () => void
}

/** Creates a link that is not yet connected. `onLoss` is called when it ends by itself. */
export type MakeLink = (onLoss: (error: unknown) => void) => Link

/** Creates links to a target. `pubSub` is for a connection that only listens; in a cluster, any node serves it. */
export function linksTo(target: RedisTarget, { pubSub = false } = {}): MakeLink {
  return target.kind === 'cluster' && !pubSub
    ? (onLoss) => clusterLink(target, onLoss)
    : (onLoss) => nodeLink(target, onLoss)
}

function nodeLink(target: RedisTarget, onLoss: (error: unknown) => void): Link {
  let client: ReturnType<typeof createClient> | undefined
  let records: Keyv<string> | undefined
  let isOver = false
  // The client cannot close a socket that is still connecting.
  let hasSocket = false
  const destroy = (): void => {
    isOver = true
    if (hasSocket && client?.isOpen === true) client.destroy()
  }
  return {
    connect: async () => {
      const address = await chooseNode(target)
      if (isOver) return
      const made = createClient(clientSettings(target, address) as Parameters<typeof createClient>[0])
      client = made
      made.on('error', (error: unknown) => {
        if (!isOver) onLoss(error)
      })
      made.on('connect', () => {
        hasSocket = true
        if (isOver) destroy()
      })
      made.unref()
      await made.connect()
      records = keyvOver(made)
    },
    isReady: () => client?.isReady === true && records !== undefined,
    kind: 'single',
    ping: async () => present(client).ping(),
    client: () => present(client),
    records: () => present(records),
    destroy,
  }
}

/** Returns the node to connect to: the master that the sentinels report, or one of the given nodes. */
async function chooseNode(target: RedisTarget): Promise<RedisTarget['nodes'][number]> {
  if (target.kind === 'sentinel') return findMaster(target)
  const { nodes } = target
  turn += 1
  return present(nodes[turn % nodes.length])
}

/** After a node that is down, the next one is tried. */
let turn = 0

function clusterLink(target: RedisTarget, onLoss: (error: unknown) => void): Link {
  const { socket, ...settings } = clientSettings(target)
  const cluster = createCluster({
    rootNodes: target.nodes.map((address) => ({ socket: { ...socket, ...address } })),
    defaults: { ...settings, socket },
    // Nodes without any of our accounts need not be up.
    minimizeConnections: true,
  })
  let isOver = false
  let records: Keyv<string> | undefined
  cluster.on('error', () => undefined)
  cluster.on('node-connect', () => {
    for (const { client } of cluster.nodeByAddress.values()) client?.unref()
  })
  cluster.on('node-error', (error: unknown) => {
    if (!isOver) onLoss(error)
  })
  return {
    connect: async () => {
      await cluster.connect()
      records = keyvOver(cluster)
    },
    isReady: () => cluster.isOpen && records !== undefined,
    kind: 'cluster',
    ping: async () => undefined,
    client: () => cluster,
    records: () => present(records),
    destroy: () => {
      isOver = true
      // A node whose client has already closed makes `cluster.destroy()` throw; the others must still be closed.
      for (const { client } of [...cluster.nodeByAddress.values()]) if (client?.isOpen === true) client.destroy()
      cluster.masters.length = 0
      if (cluster.isOpen) cluster.destroy()
    },
  }
}

/** Wraps a client from the caller. It reconnects by itself, so the link is never lost. */
export function givenLink(client: RedisClient): Link {
  const records = keyvOver(client as unknown as RedisClientConnectionType)
  const { isOpen: wasOpen } = client
  return {
    connect: async () => {
      if (!client.isOpen) await client.connect()
    },
    isReady: () => isReady(client),
    kind: 'given',
    ping: async () => undefined,
    client: () => client,
    records: () => records,
    destroy: () => {
      if (!wasOpen && client.isOpen) void client.destroy()
    },
  }
}

/** A cluster client does not report whether it is ready. */
function isReady({ isReady: ready, isOpen }: RedisClient): boolean {
  return ready ?? isOpen
}

/** Values are stored unchanged: without Keyv's envelope, and without an expiry in Keyv. Redis expires them itself. */
function keyvOver(client: RedisClientConnectionType): Keyv<string> {
  const store = new KeyvRedis<string>(client, { throwOnErrors: true, throwOnConnectError: true })
  const keyv = new Keyv<string>(store, {
    useKeyPrefix: false,
    throwOnErrors: true,
    serialize: ({ value }) => String(value),
    deserialize: keepText as NonNullable<KeyvOptions['deserialize']>,
  })
  keyv.namespace = undefined
  keyv.on('error', () => undefined)
  return keyv
}

function keepText(text: string): { readonly value: string } {
  return { value: text }
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new RedisStoreError('redis: not connected', 'ENOTCONN')
  return value
}
