import { writeSync } from 'node:fs'
import { fileCache } from '@lingpai/cache-file'
import { TokenManager } from '@lingpai/core'
import { wechatMpPlain } from '@lingpai/provider-wechat-mp'

/**
 * One of several processes on one file cache: waits for `go` on its standard input, makes the given number of calls at
 * once, and prints the results. The token itself stays inside: the process asks the API which of the parent's numbered
 * tokens it is, and prints that.
 */
const {
  directory,
  url,
  appId,
  appSecret,
  callers = '1',
} = JSON.parse(process.argv[2] ?? '{}') as Record<string, string>
const cache = fileCache({ directory: directory ?? '' })
const manager = new TokenManager({ cache, timeoutMs: 20_000 })
const provider = wechatMpPlain.extend({ baseUrl: `${url ?? ''}/wechat` })
const source = manager.source(provider, { appId: appId ?? '', appSecret: appSecret ?? '' })
const say = (line: object): void => {
  writeSync(1, `${JSON.stringify(line)}\n`)
}
manager.on('lease-lost', () => {
  say({ event: 'lease-lost' })
})

say({ event: 'ready' })
for await (const line of process.stdin) {
  const command = String(line).trim()
  if (command === 'end') break
  const outcomes = await Promise.allSettled(Array.from({ length: Number(callers) }, () => source.getRecord()))
  const records = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  const response = await source.fetch('/cgi-bin/getcallbackip')
  say({
    event: 'done',
    failed: outcomes.length - records.length,
    generations: [...new Set(records.map(({ generation }) => generation))],
    values: new Set(records.map(({ value }) => value)).size,
    works: 'ip_list' in ((await response.json()) as object),
  })
}
await manager.close()
process.stdin.destroy()
