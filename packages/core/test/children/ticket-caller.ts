import { writeSync } from 'node:fs'
import { fileCache } from '@lingpai/cache-file'
import { TokenManager } from '@lingpai/core'
import { jsapiTicket } from '@lingpai/provider-wechat-mp'

/**
 * One of several processes on one file cache: waits for `go` on its standard input, requests a ticket the given number
 * of times, and prints the results.
 */
const { directory, url, appId, appSecret, callers } = JSON.parse(process.argv[2] ?? '{}') as Record<string, string>
const manager = new TokenManager({ cache: fileCache({ directory: directory ?? '' }), timeoutMs: 20_000 })
const provider = jsapiTicket.extend({ baseUrl: `${url ?? ''}/wechat` })
const source = manager.source(provider, { appId: appId ?? '', appSecret: appSecret ?? '' })

writeSync(1, 'ready\n')
for await (const _ of process.stdin) break
const outcomes = await Promise.allSettled(Array.from({ length: Number(callers) }, () => source.getRecord()))
const records = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
const values = new Set(records.map(({ value }) => value)).size
const generations = [...new Set(records.map(({ generation }) => generation))]
writeSync(1, `${JSON.stringify({ failed: outcomes.length - records.length, values, generations })}\n`)
await manager.close()
process.stdin.destroy()
