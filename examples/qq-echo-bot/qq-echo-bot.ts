// npm run example:qq-echo-bot: runs on a simulated platform, or with QQ_BOT_APP_ID and QQ_BOT_SECRET on the real one.
import { fileCache } from '@lingpai/cache-file'
import { TokenManager } from '@lingpai/core'
import { qqBot } from '@lingpai/provider-qq-bot'
import { describe, startEchoBot } from './echo-bot.js'
import { rehearse } from './rehearsal.js'

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

/** Echoes on the real platform until Ctrl-C. A restart continues where the previous process ended. */
async function onThePlatform(): Promise<void> {
  const cache = fileCache({ directory: '.lingpai' })
  await using tokens = new TokenManager({ cache })
  const source = tokens.source(qqBot, qqBot.credentialsFromEnv())
  const { gateway, ended } = startEchoBot({ source, sessionCache: cache, say })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void gateway.close())
  say(`${String(source)}: write to the bot; Ctrl-C ends it.`)
  await ended
}

/** Whether any variable of `credentialsFromEnv` is set; if another one is missing, its error names that. */
const hasCredentials = Object.keys(process.env).some((name) => /^QQ_?BOT_(APP_?ID|.*SECRET)$/.test(name))

try {
  await (hasCredentials ? onThePlatform() : rehearse(say))
} catch (error) {
  process.stderr.write(`qq-echo-bot: ${describe(error)}\n`)
  process.exitCode = 1
}
