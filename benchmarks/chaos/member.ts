import { writeSync } from 'node:fs'
import { cacheFromUrl } from '@lingpai/cache-from-url'
import { TokenManager, type LingpaiEventName, type TokenSource } from '@lingpai/core'
import { wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { wecom } from '@lingpai/provider-wecom'
import type { MemberFacts, MemberLine } from './member-facts.js'
import { nowMs } from './now.js'
import { witness } from './witness.js'

/** A process of the fleet: calls both APIs continuously, and prints what its parent must know as JSON lines without tokens. */
// JSON has no Infinity: null means the default.
const facts = JSON.parse(process.argv[2] ?? '{}', (_, value: unknown) => value ?? undefined) as MemberFacts
const say = (line: MemberLine): void => void writeSync(1, `${JSON.stringify(line)}\n`)
const tell = (error: unknown): void => {
  const { name = '', message = '' } = (error ?? {}) as { readonly name?: string; readonly message?: string }
  say({ event: 'unhandled', what: `${name} ${message}` })
}
process.on('unhandledRejection', tell)
process.on('uncaughtException', tell)

const cache = await cacheFromUrl(facts.cacheUrl)
const { clock, fetch, call: apart } = witness(facts.member)
const manager = new TokenManager({ cache, timeoutMs: 5000, clock, fetch })
const sources: readonly (readonly [TokenSource, string])[] = [
  [manager.source(wechatMpPlain.extend(facts.wechat.provider), facts.wechat.credentials), '/cgi-bin/user/get'],
  [manager.source(wecom.extend(facts.wecom.provider), facts.wecom.credentials), '/cgi-bin/department/list'],
]
const told: readonly Exclude<LingpaiEventName, 'cache-recovered' | 'closed'>[] = [
  'refreshed',
  'adopted',
  'same-token',
  'served-stale',
  'rejected',
  'refresh-failed',
  'cache-failed',
  'lease-lost',
  'foreign-refresh',
]
for (const name of told) {
  manager.on(name, ({ account: { provider }, atMs: _, ...facts }) => {
    const text = JSON.stringify(facts, (key, value: unknown) => (key === 'error' ? (value as Error).message : value))
    say({ event: 'heard', account: provider === 'wecom' ? 'wecom' : 'wechat', name, text, atMs: nowMs() })
  })
}
const counts = { calls: 0, failed: 0 }

async function call(source: TokenSource, path: string): Promise<void> {
  counts.calls += 1
  try {
    const reply = (await (await source.fetch(path, { signal: AbortSignal.timeout(8000) })).json()) as {
      readonly errcode?: number
    }
    if (reply.errcode !== 0) counts.failed += 1
  } catch {
    counts.failed += 1
  }
}

async function callForEver(source: TokenSource, path: string): Promise<void> {
  for (;;) {
    await apart(() => call(source, path))
    await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 20))
  }
}

/** For leases, a process that gets no processor time is stopped. */
const tickMs = 100
let lastMs = nowMs()
setInterval(() => {
  const atMs = nowMs()
  if (atMs - lastMs > 5 * tickMs) say({ event: 'stalled', fromMs: lastMs, toMs: atMs })
  lastMs = atMs
}, tickMs)
setInterval(() => void globalThis.gc?.(), 10_000)
setInterval(() => {
  say({ event: 'counts', ...counts })
  counts.calls = counts.failed = 0
}, 500)
say({ event: 'ready' })
await Promise.all(sources.flatMap(([source, path]) => [callForEver(source, path), callForEver(source, path)]))
