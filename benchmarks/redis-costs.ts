import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryCache } from '@lingpai/cache-memory'
import { redisCache } from '@lingpai/cache-redis'
import { TokenManager, type IAccessTokenCache } from '@lingpai/core'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import { demoAccounts, startSimulator } from '@lingpai/testing/simulator'
import { startRedis } from './chaos/redis-process.js'

/**
 * What each operation of the Redis cache costs a real redis-server: commands, processor time, and bytes in both directions, by the
 * server's own counters; and what an account takes in its memory. The record is one of WeChat.
 *
 * node --conditions=@lingpai/source --import tsx benchmarks/redis-costs.ts
 */
const times = 5000
const subscribers = 20
const simulatedId = demoAccounts.wechat.appId
const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** Sends a command without arguments that have spaces, and returns the response. */
function ask(url: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(`${command}\r\n`))
    let text = ''
    socket.setEncoding('utf8').on('error', reject)
    socket.on('data', (part) => {
      text += String(part)
      const length = Number(/^\$(\d+)/.exec(text)?.[1] ?? 0)
      if (text.length < length) return
      socket.destroy()
      resolve(text)
    })
  })
}

interface Counters {
  readonly calls: ReadonlyMap<string, number>
  readonly bytesIn: number
  readonly bytesOut: number
  readonly cpuUs: number
  readonly memory: number
}

async function counters(url: string): Promise<Counters> {
  const text = await ask(url, 'INFO everything')
  const number = (name: string): number => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(text)?.[1])
  const stats = [...text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)]
  return {
    calls: new Map(stats.map(([, name = '', count]) => [name, Number(count)])),
    bytesIn: number('total_net_input_bytes'),
    bytesOut: number('total_net_output_bytes'),
    cpuUs: (number('used_cpu_user') + number('used_cpu_sys')) * 1e6,
    memory: number('used_memory'),
  }
}

async function measure(url: string, name: string, work: () => unknown): Promise<void> {
  for (let i = 0; i < 100; i += 1) await work()
  const idle = await counters(url)
  const before = await counters(url)
  for (let i = 0; i < times; i += 1) await work()
  const after = await counters(url)
  // What reading the counters costs, itself.
  const own = { bytesIn: before.bytesIn - idle.bytesIn, bytesOut: before.bytesOut - idle.bytesOut }
  const per = (total: number): string => (total / times).toFixed(0).padStart(5)
  const commands = [...after.calls]
    .map(([command, count]) => [command, Math.round((count - (before.calls.get(command) ?? 0)) / times)] as const)
    .filter(([command, count]) => count > 0 && command !== 'info')
    .map(([command, count]) => (count === 1 ? command : `${count} ${command}`))
  say(
    `${name.padEnd(34)}${per(after.bytesIn - before.bytesIn - own.bytesIn)} B in ${per(after.bytesOut - before.bytesOut - own.bytesOut)} B out ${((after.cpuUs - before.cpuUs) / times).toFixed(1).padStart(6)} µs   ${commands.join(', ')}`,
  )
}

/** A record as the core writes it, and its key. */
async function realRecord(): Promise<readonly [string, string]> {
  const written: [string, string][] = []
  const inner = memoryCache()
  const cache: IAccessTokenCache = {
    ...inner,
    set: (key, value, expiresAtMs) => {
      written.push([key, value])
      return inner.set(key, value, expiresAtMs)
    },
  }
  const simulator = await startSimulator()
  const manager = new TokenManager({ cache })
  await manager.source(simulator.provider(wechatMp), simulator.accounts.wechat).getAccessToken()
  await manager.close()
  await simulator.close()
  const [record] = written
  if (record === undefined) throw new RangeError('nothing was written')
  return record
}

const directory = await mkdtemp(join(tmpdir(), 'lingpai-redis-'))
const redis = await startRedis(directory)
const { url } = redis
const cache = redisCache({ url })
const listening = Array.from({ length: subscribers }, () => redisCache({ url }))
try {
  const [key, value] = await realRecord()
  say(
    `a record of ${value.length} bytes under a key of ${key.length} bytes, ${times} operations each, one after another`,
  )
  const expiresAtMs = Date.now() + 86_400_000
  await cache.set(key, value, expiresAtMs)
  const holder = 'a1b2c3d4:0123456789'
  await measure(url, 'read', () => cache.get(key))
  await measure(url, 'the clock', () => cache.nowMs())
  await measure(url, 'lease taken', () => cache.lease.take(key, holder, 2000))
  await measure(url, 'lease refused', () => cache.lease.take(key, 'e5f6a7b8:0123456789', 2000))
  await measure(url, 'lease released', () => cache.lease.release(key, 'e5f6a7b8:0123456789'))
  const renew = async (): Promise<void> => {
    await cache.lease.take(key, holder, 2000)
    await cache.lease.commit(key, holder, value, expiresAtMs)
  }
  await measure(url, 'lease taken and record committed', renew)
  let heard = 0
  for (const one of listening) one.subscribe(() => void (heard += 1))
  while (heard < subscribers) await cache.set(key, value, expiresAtMs)
  await measure(url, `the same, ${subscribers} processes listening`, renew)
  const { memory } = await counters(url)
  const count = 20_000
  const idOf = (i: number): string => `wx${String(i).padStart(16, '0')}`
  for (let i = 0; i < count; i += 1)
    await cache.set(key.replace(simulatedId, idOf(i)), value.replace(simulatedId, idOf(i)), expiresAtMs)
  say(`${(((await counters(url)).memory - memory) / count).toFixed(0)} bytes of Redis memory for each record`)
} finally {
  for (const one of [cache, ...listening]) await one.close()
  await redis.kill()
  await rm(directory, { recursive: true, force: true })
}
