import { ConfigError } from '@lingpai/core'
import type { QQBotMessage } from './message.js'
import { rulesOf, type QQBotTargetKind } from './message-target.js'

/** `msg_type` by the content of a message; the first match wins. */
const messageTypes = [
  ['media', 7],
  ['markdown', 2],
  ['content', 0],
] as const

/**
 * Builds a snapshot of the body of a message. The number of a reply is added later.
 *
 * @throws ConfigError for an invalid message
 */
export function messageBody(kind: QQBotTargetKind, message: QQBotMessage): Readonly<Record<string, unknown>> {
  const { fields, ...named } = message
  const type = messageTypes.find(([field]) => named[field] !== undefined)?.[1]
  const isEmpty = type === undefined && named.image === undefined && fields === undefined
  if (isEmpty || (type === 0 && named.image === undefined && named.content === '')) {
    throw new ConfigError('qq bot: the message is empty', { field: 'content', problem: 'empty' })
  }
  if (named.msg_id !== undefined && named.event_id !== undefined) {
    throw new ConfigError('qq bot: a reply must have "msg_id" or "event_id", not both', {
      field: 'event_id',
      problem: 'conflict',
    })
  }
  const { isOpen } = rulesOf(kind)
  const misplaced = isOpen ? 'image' : 'media'
  if (named[misplaced] !== undefined) {
    throw new ConfigError(
      `qq bot: ${misplaced} cannot be sent to a ${kind}`,
      { field: misplaced, problem: 'conflict' },
      { hint: isOpen ? 'Upload the file and send it as "media".' : 'Send the URL of a picture as "image".' },
    )
  }
  // The platform expects only this member of an upload.
  const media = named.media === undefined ? {} : { media: { file_info: named.media.file_info } }
  // `fields` may set msg_type for kinds of messages that have no name here.
  return copyOf({ ...(isOpen && { msg_type: type ?? 0 }), ...fields, ...named, ...media })
}

/** A message may wait in the queue, so later changes by the caller must not affect it. */
function copyOf(body: object): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(JSON.stringify(body)) as Readonly<Record<string, unknown>>
  } catch {
    throw new ConfigError('qq bot: "message" must be serializable as JSON', { field: 'message', problem: 'malformed' })
  }
}
