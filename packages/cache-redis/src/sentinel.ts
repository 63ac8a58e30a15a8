import { createClient } from '@keyv/redis'
import { systemClock } from '@lingpai/core'
import { patientTimer } from '@lingpai/core/internal'
import { sentinelSettings } from './client-settings.js'
import type { Address, RedisTarget } from './redis-options.js'
import { RedisStoreError } from './store-error.js'

/** A sentinel that does not respond within this time is skipped. Callers with more time divide it between the sentinels. */
const patienceMs = 400

/**
 * Asks the sentinels one after the other for the current master.
 *
 * @throws RedisStoreError if none of them knows it; the cause is the error of the last one
 */
export async function findMaster(target: RedisTarget): Promise<Address> {
  let failure: unknown
  for (const node of target.nodes) {
    try {
      const master = await askSentinel(target, node)
      if (master !== undefined) return master
    } catch (error) {
      failure = error
    }
  }
  throw new RedisStoreError(
    `redis ${target.name}: no sentinel knows a master "${target.masterName}"`,
    'ENOMASTER',
    failure,
  )
}

async function askSentinel(target: RedisTarget, node: Address): Promise<Address | undefined> {
  const client = createClient(sentinelSettings(target, node) as Parameters<typeof createClient>[0])
  client.on('error', () => undefined)
  const close = (): void => {
    if (client.isOpen) client.destroy()
  }
  const shareMs = target.timeoutMs / (target.nodes.length + 1)
  const timer = patientTimer(systemClock, close, Math.max(patienceMs, shareMs))
  try {
    await client.connect()
    const reply: unknown = await client.sendCommand(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', target.masterName])
    if (!Array.isArray(reply)) return undefined
    const [host, port] = reply as readonly unknown[]
    return typeof host === 'string' ? { host, port: Number(port) } : undefined
  } finally {
    timer.cancel()
    close()
  }
}
