import { deepEqual } from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileCache } from '@lingpai/cache-file'
import { TokenManager } from '@lingpai/core'
import { qqBot } from '@lingpai/provider-qq-bot'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import { startEchoBot } from './echo-bot.js'

/** Time limit of each step, on any machine. */
const patienceMs = 60_000

/** The echo bot on a simulated platform: messages, a revoked token, a broken connection, a restart. */
export async function rehearse(say: (line: string) => void): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'lingpai-echo-'))
  const simulator = await startSimulator()
  say(`An echo bot 复读机器人 on a simulated platform, ${simulator.url}/qq`)
  try {
    await firstLife(simulator, directory, say)
    say('\nThe process ends. A user writes; another process starts with the same cache')
    const [, missed] = people(simulator, say)
    missed('还在吗？')
    await secondLife(simulator, directory, say)
    say(`\n${countsOf(simulator)}`)
  } finally {
    await simulator.close()
    await rm(directory, { recursive: true, force: true })
  }
}

/** Messages are echoed; a revoked token and a lost connection affect no message. */
async function firstLife(simulator: Simulator, directory: string, say: (line: string) => void): Promise<void> {
  await using life = startLife(simulator, directory, say)
  const [inGroup, alone, inAllMode] = people(simulator, say)
  await life.connected
  say('\nPeople write')
  inGroup('你好')
  inGroup('hello')
  alone('在吗？')
  await life.echoes(3)

  say('\nAnother group lets the bot receive all messages; it echoes those that mention it')
  inAllMode('just talking', false)
  inAllMode('<@BOT> 你好', true)
  await life.echoes(4)

  say('\nThe platform revokes the token; the next reply heals it')
  simulator.revoke(simulator.accounts.qq)
  inGroup('still there?')
  await life.echoes(5)

  say('\nThe connection is cut, and a user writes before the next one is open')
  simulator.qqGateway.disturb({ drop: 'reset' })
  alone('掉线了吗？')
  await life.echoes(6)
}

/** Messages that arrived while no process ran are replied to after the restart. */
async function secondLife(simulator: Simulator, directory: string, say: (line: string) => void): Promise<void> {
  await using life = startLife(simulator, directory, say)
  await life.echoes(1)
}

/** A bot as a separate process would run it, with its own cache over the same directory. */
function startLife(simulator: Simulator, directory: string, say: (line: string) => void) {
  const told = new EventEmitter()
  let count = 0
  const cache = fileCache({ directory })
  const tokens = new TokenManager({ cache })
  const source = tokens.source(simulator.provider(qqBot), simulator.accounts.qq)
  const bot = startEchoBot({
    source,
    sessionCache: cache,
    say: (line) => say(`   ${line}`),
    echoed: () => told.emit('echo', ++count),
  })
  return {
    connected: bot.gateway.connect(),
    echoes: async (wanted: number): Promise<void> => {
      const signal = AbortSignal.timeout(patienceMs)
      while (count < wanted) await Promise.race([once(told, 'echo', { signal }), bot.ended])
    },
    [Symbol.asyncDispose]: async (): Promise<void> => {
      await bot.gateway.close()
      await bot.ended
      await tokens.close()
    },
  }
}

type Say = (content: string) => void

/** A user in a group, a direct user, and a user in a group that sends all of its messages. */
function people(
  { qqGateway }: Simulator,
  say: (line: string) => void,
): readonly [inGroup: Say, alone: Say, inAllMode: (content: string, isMention: boolean) => void] {
  return [
    (content) => {
      say(`   group  ${content}`)
      const author = { member_openid: 'MEMBER' }
      // The mention leaves a space.
      const data = { id: newId(), group_openid: 'GROUP', content: ` ${content}`, author }
      qqGateway.dispatch('GROUP_AT_MESSAGE_CREATE', data)
    },
    (content) => {
      say(`   user   ${content}`)
      qqGateway.dispatch('C2C_MESSAGE_CREATE', { id: newId(), content, author: { user_openid: 'USER' } })
    },
    (content, isMention) => {
      say(`   group  ${content}`)
      const mentions = isMention ? [{ id: 'BOT', bot: true, is_you: true }] : []
      const author = { member_openid: 'MEMBER' }
      qqGateway.dispatch('GROUP_MESSAGE_CREATE', { id: newId(), group_openid: 'ALL', content, author, mentions })
    },
  ]
}

const newId = (): string => `ROBOT1.0_${crypto.randomUUID()}`

/** Compares the platform's counts with the expected ones. @throws AssertionError if one differs */
function countsOf({ ledger, qqGateway }: Simulator): string {
  const sent = ledger.entries.filter(({ path }) => path.endsWith('/messages'))
  const counted = {
    echoes: sent.filter(({ code }) => code === 0).length,
    refused: sent.filter(({ code }) => code !== 0).map(({ code }) => code),
    tokenRequests: ledger.tokenRequests(),
    sessions: qqGateway.ledger.counts.sessions,
    resumed: qqGateway.ledger.counts.resumed,
  }
  deepEqual(counted, { echoes: 7, refused: [11244], tokenRequests: 2, sessions: 1, resumed: 2 })
  return 'As the platform counted: 7 messages to the bot, 7 echoes, none lost and none twice; 2 tokens, 1 session, 2 resumes.'
}
