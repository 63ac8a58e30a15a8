/**
 * The events of each intent.
 *
 * @see https://bot.q.qq.com/wiki/develop/api-v2/dev-prepare/interface-framework/event-emit.html (read 2026-11-20)
 */
const eventsByBit: Readonly<Record<number, readonly string[]>> = {
  0: ['GUILD_CREATE', 'GUILD_UPDATE', 'GUILD_DELETE', 'CHANNEL_CREATE', 'CHANNEL_UPDATE', 'CHANNEL_DELETE'],
  1: ['GUILD_MEMBER_ADD', 'GUILD_MEMBER_UPDATE', 'GUILD_MEMBER_REMOVE'],
  9: ['MESSAGE_CREATE', 'MESSAGE_DELETE'],
  10: ['MESSAGE_REACTION_ADD', 'MESSAGE_REACTION_REMOVE'],
  12: ['DIRECT_MESSAGE_CREATE', 'DIRECT_MESSAGE_DELETE'],
  25: [
    'C2C_MESSAGE_CREATE',
    'C2C_MSG_RECEIVE',
    'C2C_MSG_REJECT',
    'FRIEND_ADD',
    'FRIEND_DEL',
    'GROUP_AT_MESSAGE_CREATE',
    'GROUP_MESSAGE_CREATE',
    'GROUP_ADD_ROBOT',
    'GROUP_DEL_ROBOT',
    'GROUP_MSG_RECEIVE',
    'GROUP_MSG_REJECT',
  ],
  26: ['INTERACTION_CREATE'],
  27: ['MESSAGE_AUDIT_PASS', 'MESSAGE_AUDIT_REJECT'],
  28: ['FORUM_THREAD_CREATE', 'FORUM_THREAD_UPDATE', 'FORUM_THREAD_DELETE'],
  29: ['AUDIO_START', 'AUDIO_FINISH', 'AUDIO_ON_MIC', 'AUDIO_OFF_MIC'],
  30: ['AT_MESSAGE_CREATE', 'PUBLIC_MESSAGE_DELETE'],
}

const intentOfEvent: ReadonlyMap<string, number> = new Map(
  Object.entries(eventsByBit).flatMap(([bit, events]) => events.map((event) => [event, 2 ** Number(bit)] as const)),
)

/** All known intents, as one number. */
export const knownIntents: number = Object.keys(eventsByBit).reduce((sum, bit) => sum + 2 ** Number(bit), 0)

/** Whether a session with these intents receives an event. An unknown event is sent to all sessions. */
export function isWanted(intents: number, event: string): boolean {
  const intent = intentOfEvent.get(event)
  return intent === undefined || (intents & intent) !== 0
}
