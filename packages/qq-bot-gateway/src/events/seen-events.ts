import type { GatewayDispatch } from './gateway-dispatch.js'
import { recentIds } from './recent-ids.js'

/** Remembers events, so that none is handed out twice. */
export interface SeenEvents {
  /** Whether the event is new; it is remembered then. */
  add(dispatch: GatewayDispatch): boolean
}

/**
 * Events of the last time, at least `most` of them. The id of the event is not enough: a platform may send one message as two types of
 * event, each with an id of its own.
 */
export function seenEvents(most: number): SeenEvents {
  const events = recentIds(most)
  const messages = recentIds(most)
  return {
    add: (dispatch) => {
      const messageId = messageIdOf(dispatch)
      // Both are remembered, whichever of them is known.
      const isNewEvent = dispatch.eventId === undefined || events.add(dispatch.eventId)
      const isNewMessage = messageId === undefined || messages.add(messageId)
      return isNewEvent && isNewMessage
    },
  }
}

/** Everything an event is known by, the most lasting name last: its own id, and that of the message. */
export function namesOf(dispatch: GatewayDispatch): readonly string[] {
  const { eventId } = dispatch
  const messageId = messageIdOf(dispatch)
  return [
    ...(eventId === undefined ? [] : [`event:${eventId}`]),
    ...(messageId === undefined ? [] : [`message:${messageId}`]),
  ]
}

function messageIdOf(dispatch: GatewayDispatch): string | undefined {
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
