import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { systemClock, TokenManager, type Clock } from '@lingpai/core'
import { wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { openStore, patientMs } from '../open-store.js'

/**
 * A process of a fleet: `call <n>` makes so many callers at once and says what they got, `skip <ms>` lets its time run on. The
 * token itself stays inside: whether it works is asked of the API.
 */
export interface MemberFacts {
  readonly cacheUrl: string
  readonly baseUrl: string
  readonly appId: string
  readonly appSecret: string
  /** Where to stand still for ever: with the lease, and not having asked; or with the answer, and not having written it. */
  readonly standsStill?: 'before its request' | 'after its answer'
}

const facts = JSON.parse(process.argv[2] ?? '{}') as MemberFacts
const { baseUrl, appId, appSecret, standsStill } = facts
let skippedMs = 0
const clock: Clock = {
  now: () => systemClock.now() + skippedMs,
  monotonic: () => systemClock.monotonic() + skippedMs,
  setTimer: systemClock.setTimer,
}
const fetchAndStop: typeof fetch = async (input, init) => {
  const isTokenRequest = String(input).includes('/cgi-bin/token')
  if (isTokenRequest && standsStill === 'before its request') standStill()
  const reply = await fetch(input, init)
  if (!isTokenRequest || standsStill !== 'after its answer') return reply
  await reply.text()
  return standStill()
}
const manager = new TokenManager({
  cache: await openStore(facts.cacheUrl),
  clock,
  timeoutMs: patientMs,
  cacheTimeoutMs: patientMs,
  fetch: fetchAndStop,
})
const source = manager.source(wechatMpPlain.extend({ baseUrl }), { appId, appSecret })
for (const name of ['refreshed', 'lease-lost', 'cache-failed'] as const) manager.on(name, () => say(name))
process.on('unhandledRejection', () => say('unhandled rejection'))
say('ready')
for await (const line of createInterface({ input: process.stdin })) {
  const [command, argument] = line.split(' ')
  if (command === 'skip') {
    skippedMs += Number(argument)
    say('skipped')
  } else {
    const records = await Promise.all(Array.from({ length: Number(argument) }, async () => source.getRecord()))
    const reply = await source.fetch('/cgi-bin/getcallbackip')
    const works = 'ip_list' in ((await reply.json()) as object)
    const generations = new Set(records.map(({ generation }) => generation))
    say(`generation ${[...generations].join(' and ')}${works ? '' : ' is dead'}`)
  }
}

function say(line: string): void {
  writeSync(1, `${line}\n`)
}

/** No timer runs, no lease is renewed. */
function standStill(): never {
  say('stands still')
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
