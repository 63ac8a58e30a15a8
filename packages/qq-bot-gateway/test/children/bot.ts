import { writeSync } from 'node:fs'
import { fileCache } from '@lingpai/cache-file'
import { TokenManager } from '@lingpai/core'
import { qqBot } from '@lingpai/provider-qq-bot'
import { QQBotGateway } from '../../src/index.js'

/** A bot in its own process. Prints each event as a line until it is told to stop. */
const {
  url,
  directory,
  appId,
  clientSecret,
  shard = '',
  acknowledge = 'received',
  work = 'ends',
} = JSON.parse(process.argv[2] ?? '{}') as Record<string, string>
const cache = fileCache({ directory: directory ?? '' })
const manager = new TokenManager({ cache })
const provider = qqBot.extend({ baseUrl: `${url ?? ''}/qq` })
const source = manager.source(provider, { appId: appId ?? '', clientSecret: clientSecret ?? '' })
const gateway = new QQBotGateway({
  source,
  intents: ['GROUP_AND_C2C_EVENT'],
  shard: shard.split('/').map(Number) as [number, number],
  sessionCache: cache,
  acknowledge: acknowledge as 'received' | 'handled',
  backoff: { firstMs: 50, longestMs: 500 },
})
const say = (line: object): void => {
  writeSync(1, `${JSON.stringify(line)}\n`)
}
gateway.on('ready', () => say({ told: 'ready' }))
gateway.on('resumed', () => say({ told: 'resumed' }))
gateway.on('disconnected', ({ code }) => say({ told: 'disconnected', code }))
gateway.on('dispatch', ({ eventId, data }) => {
  say({ told: 'event', eventId })
  const isStuck = work === 'hangs' && (data as { readonly content?: string }).content === 'hard work'
  return isStuck ? new Promise(() => undefined) : undefined
})
gateway.on('error', ({ code, message }) => say({ told: 'error', code, message }))
await gateway.connect()
process.stdin.once('data', () => {
  void gateway
    .close()
    .then(() => manager.close())
    .then(() => process.stdin.destroy())
})
