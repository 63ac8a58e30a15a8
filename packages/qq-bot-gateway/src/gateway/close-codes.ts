import type { ErrorClass } from '@lingpai/core'

/**
 * What a gateway does after a connection was closed.
 *
 * - `resume`: resumes the session
 * - `identify`: starts a new session, because the old one is gone
 * - `refresh-token`: reports the token as rejected, then starts a new session
 * - `fatal`: stops, because trying again does not help
 */
export type QQBotCloseAction = 'resume' | 'identify' | 'refresh-token' | 'fatal'

/** A row of the table; a range of codes if `to` is set. */
export interface QQBotCloseRule {
  readonly code: number
  readonly to?: number
  readonly action: QQBotCloseAction
  readonly meaning: string
  /** For `fatal`: the class of the error that is thrown. @default 'unknown' */
  readonly errorClass?: ErrorClass
  /** What the operator can do. */
  readonly hint?: string
}

/**
 * The close codes of the platform. Its documentation does not list 4004; the official Go SDK and others treat it as a rejected token.
 *
 * @see https://bot.q.qq.com/wiki/develop/api-v2/event-emit/websocket.html (read 2026-11-20)
 */
export const qqBotCloseRules: readonly QQBotCloseRule[] = [
  { code: 4001, action: 'fatal', meaning: 'invalid opcode' },
  { code: 4002, action: 'fatal', meaning: 'invalid payload' },
  { code: 4004, action: 'refresh-token', meaning: 'the token was rejected' },
  { code: 4006, action: 'identify', meaning: 'no such session' },
  { code: 4007, action: 'identify', meaning: 'invalid sequence number' },
  { code: 4008, action: 'resume', meaning: 'too many payloads' },
  { code: 4009, action: 'resume', meaning: 'the connection expired' },
  {
    code: 4010,
    action: 'fatal',
    meaning: 'invalid shard',
    hint: '"shard" must be [index, count], with an index below the count.',
  },
  {
    code: 4011,
    action: 'fatal',
    meaning: 'too many guilds for one connection',
    hint: 'Use more shards: shardedQQBotGateways() asks the platform how many it recommends.',
  },
  { code: 4012, action: 'fatal', meaning: 'invalid version' },
  {
    code: 4013,
    action: 'fatal',
    meaning: 'no such intent',
    hint: 'Pass intents by name.',
  },
  {
    code: 4014,
    action: 'fatal',
    meaning: 'an intent that was not granted',
    errorClass: 'permission',
    hint: 'Request the permission on the QQ open platform, or remove intents other than GUILDS, GUILD_MEMBERS and PUBLIC_GUILD_MESSAGES.',
  },
  { code: 4900, to: 4913, action: 'identify', meaning: 'a fault of the platform' },
  {
    code: 4914,
    action: 'fatal',
    meaning: 'the bot is delisted and may only use the sandbox',
    errorClass: 'permission',
    hint: 'Connect to the sandbox (qqBotHosts.sandbox), or publish the bot on the QQ open platform.',
  },
  {
    code: 4915,
    action: 'fatal',
    meaning: 'the bot is banned',
    errorClass: 'permission',
    hint: 'See the reason on the QQ open platform.',
  },
]

/** All other codes: those of WebSocket itself, of a broken network, and future ones. If the session is gone, the resume is rejected. */
const unlisted: Omit<QQBotCloseRule, 'code'> = { action: 'resume', meaning: 'the connection was lost' }

/** Returns the row of the table for a code. */
export function closeRuleOf(code: number): QQBotCloseRule {
  return qqBotCloseRules.find((rule) => code >= rule.code && code <= (rule.to ?? rule.code)) ?? { ...unlisted, code }
}
