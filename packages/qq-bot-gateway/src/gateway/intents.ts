import { ConfigError } from '@lingpai/core'

/**
 * The events that a bot can subscribe to, by the platform's names.
 *
 * Bits 0, 1 and 30 are granted to every bot. Identify with an intent that was not granted closes the connection permanently (4014).
 *
 * @see https://bot.q.qq.com/wiki/develop/api-v2/event-emit/websocket.html (read 2026-11-20)
 * @example
 * ```ts
 * import { QQBotIntents } from '@lingpai/qq-bot-gateway'
 *
 * const intents = QQBotIntents.GROUP_AND_C2C_EVENT | QQBotIntents.INTERACTION
 * ```
 */
export const QQBotIntents = Object.freeze({
  /** Guilds and channels are added, changed or removed. */
  GUILDS: 1 << 0,
  /** Guild members join, change or leave. */
  GUILD_MEMBERS: 1 << 1,
  /** All messages of a guild; private bots only. */
  GUILD_MESSAGES: 1 << 9,
  /** Reactions to guild messages. */
  GUILD_MESSAGE_REACTIONS: 1 << 10,
  /** Direct messages from guild members. */
  DIRECT_MESSAGE: 1 << 12,
  /** Group messages (mentions of the bot, or all of them if the group chose so) and direct messages from users. */
  GROUP_AND_C2C_EVENT: 1 << 25,
  /** Button presses. */
  INTERACTION: 1 << 26,
  /** Results of message reviews. */
  MESSAGE_AUDIT: 1 << 27,
  /** Forum events; private bots only. */
  FORUMS_EVENT: 1 << 28,
  /** Audio events. */
  AUDIO_ACTION: 1 << 29,
  /** Guild messages that mention the bot. */
  PUBLIC_GUILD_MESSAGES: 1 << 30,
})

/** Name of an intent. */
export type QQBotIntentName = keyof typeof QQBotIntents

/**
 * Combines intents into the number that the platform expects.
 *
 * @param intents names, or a number for bits that have no name here
 * @throws ConfigError for an unknown name, or for an empty list
 */
export function intentBits(intents: readonly QQBotIntentName[] | number): number {
  const bits = typeof intents === 'number' ? intents : namedBits(intents)
  if (Number.isSafeInteger(bits) && bits > 0) return bits
  throw new ConfigError('qq gateway: "intents" must be a non-empty list of names, or a sum of QQBotIntents', {
    field: 'intents',
    problem: Array.isArray(intents) ? 'empty' : 'malformed',
  })
}

function namedBits(names: readonly QQBotIntentName[]): number {
  // JavaScript callers can pass anything.
  const given: readonly unknown[] = Array.isArray(names) ? names : []
  const unknown = given.filter((name) => typeof name !== 'string' || !Object.hasOwn(QQBotIntents, name))
  if (unknown.length === 0) return names.reduce((bits, name) => bits | QQBotIntents[name], 0)
  throw new ConfigError(
    `qq gateway: "intents" has an unknown name: ${unknown.map(String).join(', ')}`,
    { field: 'intents', problem: 'unknown' },
    { hint: `The names are ${Object.keys(QQBotIntents).join(', ')}.` },
  )
}
