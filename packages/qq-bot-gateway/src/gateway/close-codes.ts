import type { ErrorClass } from '@lingpai/core'

/**
 * What follows on a closed connection.
 *
 * - `resume`: the session goes on
 * - `identify`: the session is gone, a new one is started
 * - `refresh-token`: the token is reported as refused, then a new session is started
 * - `fatal`: trying again changes nothing
 */
export type CloseAction = 'resume' | 'identify' | 'refresh-token' | 'fatal'

/** One line of the table; a range where `to` is given. */
export interface CloseRule {
  readonly code: number
  readonly to?: number
  readonly action: CloseAction
  readonly meaning: string
  /** `fatal`: the class of the error that is thrown. @default 'unknown' */
  readonly errorClass?: ErrorClass
  /** What a person can do. */
  readonly hint?: string
}

/**
 * The close codes of the platform. 4004 is not in its table; the official Go SDK takes it for a refused token, and so do others.
 *
 * @see https://bot.q.qq.com/wiki/develop/api-v2/event-emit/websocket.html (read 2026-11-20)
 */
export const closeRules: readonly CloseRule[] = [
  { code: 4001, action: 'fatal', meaning: 'an opcode that does not exist' },
  { code: 4002, action: 'fatal', meaning: 'a payload that is none' },
  { code: 4004, action: 'refresh-token', meaning: 'the token was refused' },
  { code: 4006, action: 'identify', meaning: 'a session that does not exist' },
  { code: 4007, action: 'identify', meaning: 'a sequence number that cannot be' },
  { code: 4008, action: 'resume', meaning: 'too many payloads' },
  { code: 4009, action: 'resume', meaning: 'the connection ran out' },
  {
    code: 4010,
    action: 'fatal',
    meaning: 'a shard that cannot be',
    hint: 'shard is [index, count], and the index is below the count.',
  },
  {
    code: 4011,
    action: 'fatal',
    meaning: 'too many guilds for one connection',
    hint: 'Use more shards: shardedGateways() asks the platform how many.',
  },
  { code: 4012, action: 'fatal', meaning: 'a version that does not exist' },
  {
    code: 4013,
    action: 'fatal',
    meaning: 'an intent that does not exist',
    hint: 'Give intents by their names.',
  },
  {
    code: 4014,
    action: 'fatal',
    meaning: 'an intent that was not granted',
    errorClass: 'permission',
    hint: 'Ask for the permission on the QQ open platform, or leave out intents other than GUILDS, GUILD_MEMBERS and PUBLIC_GUILD_MESSAGES.',
  },
  { code: 4900, to: 4913, action: 'identify', meaning: 'a fault of the platform' },
  {
    code: 4914,
    action: 'fatal',
    meaning: 'the bot is delisted: the sandbox only',
    errorClass: 'permission',
    hint: 'Connect to the sandbox (qqBotHosts.sandbox), or publish the bot on the QQ open platform.',
  },
  {
    code: 4915,
    action: 'fatal',
    meaning: 'the bot is banned',
    errorClass: 'permission',
    hint: 'Look for the reason on the QQ open platform.',
  },
]

/** Codes of WebSocket itself, of a broken network, and of the platform's future: a session that is gone is refused in time. */
const unlisted: Omit<CloseRule, 'code'> = { action: 'resume', meaning: 'the connection was lost' }

/** The line of the table for a code. */
export function closeRuleOf(code: number): CloseRule {
  return closeRules.find((rule) => code >= rule.code && code <= (rule.to ?? rule.code)) ?? { ...unlisted, code }
}
