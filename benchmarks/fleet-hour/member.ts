import { once } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { redisCache } from '@lingpai/cache-redis'
import { TokenManager } from '@lingpai/core'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import type { MemberMessage, MemberTask } from './member-task.js'

/** A process of the fleet: refreshes all accounts in the background, and calls the API with tokens of random ones. */
const [task] = (await once(process, 'message')) as [MemberTask]
const manager = new TokenManager({ cache: redisCache({ url: task.redisUrl }) })
const provider = wechatMp.extend(task.provider)
const sources = task.accounts.map((account) => manager.source(provider, account))
const delay = monitorEventLoopDelay({ resolution: 10 })
const startAtOnce = 20
const betweenStartsMs = 200

let calls = 0
let failed = 0
let cpu = process.cpuUsage()

function tell(message: MemberMessage): void {
  // The parent may have ended meanwhile.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
}

async function callAny(): Promise<void> {
  const source = sources[Math.floor(Math.random() * sources.length)]
  if (source === undefined) return
  calls += 1
  try {
    const response = await source.fetch('/cgi-bin/getcallbackip')
    const { errcode = 0 } = (await response.json()) as { readonly errcode?: number }
    if (errcode !== 0) failed += 1
  } catch {
    failed += 1
  }
}

function report(): void {
  globalThis.gc?.()
  const { heapUsed: heapBytes, rss: residentBytes } = process.memoryUsage()
  const { user, system } = process.cpuUsage(cpu)
  tell({ heapBytes, residentBytes, calls, failed, delayMs: delay.max / 1e6, cpuMs: (user + system) / 1000 })
  calls = failed = 0
  cpu = process.cpuUsage()
  delay.reset()
}

process.once('disconnect', () => process.exit())
const inTurn = [...sources.slice(task.first), ...sources.slice(0, task.first)]
for (let from = 0; from < inTurn.length; from += startAtOnce) {
  const some = inTurn.slice(from, from + startAtOnce)
  for (const source of some) source.startBackgroundRefresh()
  await Promise.all(some.map((source) => source.getAccessToken()))
  await pause(betweenStartsMs)
}
tell('warm')
await once(process, 'message')
delay.enable()
cpu = process.cpuUsage()
setInterval(() => void callAny(), 1000 / task.callsPerSecond)
setInterval(report, task.betweenSamplesMs)
