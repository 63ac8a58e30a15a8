import { ConfigError } from '@lingpai/core'

/**
 * Which events a bot asks for, by the platform's names.
 *
 * Bits 0, 1 and 30 are granted to every bot; asking for another one without a grant closes the connection for good (4014).
 *
 * @see https://bot.q.qq.com/wiki/develop/api-v2/event-emit/websocket.html (read 2026-11-20)
 */
export const Intents = Object.freeze({
  /** Guilds and channels come, change and go. */
  GUILDS: 1 << 0,
  /** Members come, change and go. */
  GUILD_MEMBERS: 1 << 1,
  /** Every message of a guild; private bots only. */
  GUILD_MESSAGES: 1 << 9,
  /** Reactions to messages. */
  GUILD_MESSAGE_REACTIONS: 1 << 10,
  /** Direct messages of a guild. */
  DIRECT_MESSAGE: 1 << 12,
  /** Group messages, those that mention the bot or all of them as the group chose, and messages of single users. */
  GROUP_AND_C2C_EVENT: 1 << 25,
  /** Buttons. */
  INTERACTION: 1 << 26,
  /** What became of messages that were queued for review. */
  MESSAGE_AUDIT: 1 << 27,
  /** Forums; private bots only. */
  FORUMS_EVENT: 1 << 28,
  /** Audio. */
  AUDIO_ACTION: 1 << 29,
  /** Guild messages that mention the bot. */
  PUBLIC_GUILD_MESSAGES: 1 << 30,
})

/** Name of an intent. */
export type IntentName = keyof typeof Intents

/**
 * The intents as the platform takes them: one number.
 *
 * @param intents names, or a number for bits that have no name here
 * @throws ConfigError for a name that does not exist, or no intent at all
 */
export function intentBits(intents: readonly IntentName[] | number): number {
  const bits = typeof intents === 'number' ? intents : namedBits(intents)
  if (Number.isSafeInteger(bits) && bits > 0) return bits
  throw new ConfigError('qq gateway: intents is to be a list of names with at least one, or a sum of Intents', {
    field: 'intents',
    problem: Array.isArray(intents) ? 'empty' : 'malformed',
  })
}

function namedBits(names: readonly IntentName[]): number {
  // From JavaScript anything may come.
  const given: readonly unknown[] = Array.isArray(names) ? names : []
  const unknown = given.filter((name) => typeof name !== 'string' || !Object.hasOwn(Intents, name))
  if (unknown.length === 0) return names.reduce((bits, name) => bits | Intents[name], 0)
  throw new ConfigError(
    `qq gateway: no intent is called ${unknown.map(String).join(', ')}`,
    { field: 'intents', problem: 'unknown' },
    { hint: `The names are ${Object.keys(Intents).join(', ')}.` },
  )
}
