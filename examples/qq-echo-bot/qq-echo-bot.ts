// npm run example:qq-echo-bot: on a simulated platform, or with QQ_BOT_APP_ID and QQ_BOT_SECRET on the real one.
import { fileCache } from '@lingpai/cache-file'
import { TokenManager } from '@lingpai/core'
import { qqBot } from '@lingpai/provider-qq-bot'
import { describe, startEchoBot } from './echo-bot.js'
import { rehearse } from './rehearsal.js'

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

/** Echoes on the platform until Ctrl-C. A restart goes on where the process before it ended. */
async function onThePlatform(): Promise<void> {
  const cache = fileCache({ directory: '.lingpai' })
  await using tokens = new TokenManager({ cache })
  const source = tokens.source(qqBot, qqBot.credentialsFromEnv())
  const { gateway, ended } = startEchoBot({ source, sessionCache: cache, say })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void gateway.close())
  say(`${String(source)}: write to the bot; Ctrl-C ends it.`)
  await ended
}

/** Any of the names that `credentialsFromEnv` knows; it says which one is missing. */
const hasCredentials = Object.keys(process.env).some((name) => /^QQ_?BOT_(APP_?ID|.*SECRET)$/.test(name))

try {
  await (hasCredentials ? onThePlatform() : rehearse(say))
} catch (error) {
  process.stderr.write(`qq-echo-bot: ${describe(error)}\n`)
  process.exitCode = 1
}
