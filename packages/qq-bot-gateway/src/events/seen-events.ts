import type { QQBotDispatch } from './qq-bot-dispatch.js'
import { recentIds } from './recent-ids.js'

/** Remembers events so that none is handed out twice. */
export interface SeenEvents {
  /** Remembers the event. @returns whether it is new */
  add(dispatch: QQBotDispatch): boolean
}

/**
 * Remembers at least the last `most` events. The id of the event is not enough: the platform may send one message as two types of
 * event, each with an id of its own.
 */
export function seenEvents(most: number): SeenEvents {
  const events = recentIds(most)
  const messages = recentIds(most)
  return {
    add: (dispatch) => {
      const messageId = messageIdOf(dispatch)
      // Both names must be remembered, even if the first is already known.
      const isNewEvent = dispatch.eventId === undefined || events.add(dispatch.eventId)
      const isNewMessage = messageId === undefined || messages.add(messageId)
      return isNewEvent && isNewMessage
    },
  }
}

/** The names that identify an event: its id first, then the id of its message, which lasts longer. */
export function namesOf(dispatch: QQBotDispatch): readonly string[] {
  const { eventId } = dispatch
  const messageId = messageIdOf(dispatch)
  return [
    ...(eventId === undefined ? [] : [`event:${eventId}`]),
    ...(messageId === undefined ? [] : [`message:${messageId}`]),
  ]
}

function messageIdOf(dispatch: QQBotDispatch): string | undefined {
  switch (dispatch.event) {
    case 'group_message':
    case 'c2c_message':
    case 'guild_message':
    case 'direct_message':
      return dispatch.data.id
    default:
      return undefined
  }
}
