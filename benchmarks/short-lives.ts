import { TokenManager } from '@lingpai/core'
import { fileCache } from '@lingpai/cache-file'
import { memoryCache } from '@lingpai/cache-memory'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import { startSimulator } from '@lingpai/testing/simulator'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * In real time: tokens that live 3 s, and for 15 s 2,000 callers per second that each use their token for an API call. Then the
 * same with upstream down from before `refreshAtMs` until shortly before the expiry.
 *
 * node --conditions=@lingpai/source --import tsx benchmarks/short-lives.ts
 */
const callersPerSecond = 2000
const seconds = 15
const tickMs = 5

const directory = await mkdtemp(join(tmpdir(), 'lingpai-'))
const say = (line: string): void => void process.stdout.write(`${line}\n`)

for (const [name, cache] of [
  ['memory', memoryCache()],
  ['file', fileCache({ directory })],
] as const) {
  const simulator = await startSimulator({ timeScale: 2400 })
  const manager = new TokenManager({ cache })
  const source = manager.source(simulator.provider(wechatMp), simulator.accounts.wechat)
  await source.getAccessToken()
  const url = `${simulator.url}/wechat/cgi-bin/getcallbackip?access_token=`
  let waited = 0
  let failed = 0
  let calls = 0
  const pending = new Set<Promise<void>>()
  const call = async (): Promise<void> => {
    if (source.peek() === undefined) waited += 1
    try {
      await (await fetch(url + (await source.getAccessToken()))).text()
    } catch {
      failed += 1
    }
  }
  const startedAt = performance.now()
  while (performance.now() - startedAt < seconds * 1000) {
    const due = Math.floor(((performance.now() - startedAt) / 1000) * callersPerSecond)
    for (; calls < due; calls += 1) {
      const one: Promise<void> = call().finally(() => pending.delete(one))
      pending.add(one)
    }
    await new Promise((resolve) => setTimeout(resolve, tickMs))
  }
  await Promise.all(pending)
  const { tokensIssued, tokensRepeated, tokenRequests } = simulator.ledger.summary()
  say(
    `${name} cache: ${calls} callers in ${seconds} s, ${tokensIssued} lives, ${tokenRequests} upstream requests (${tokensRepeated} same-token), ` +
      `${waited} waited, ${failed} failed, ${simulator.ledger.deadPresented()} dead tokens presented`,
  )
  await manager.close()
  await simulator.close()
}
await rm(directory, { recursive: true })
