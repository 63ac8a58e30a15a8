import { ConfigError } from '@lingpai/core'
import type { Message } from './message.js'
import { rulesOf, type TargetKind } from './message-target.js'

/** `msg_type` by what a message holds, the most telling first. */
const messageTypes = [
  ['media', 7],
  ['markdown', 2],
  ['content', 0],
] as const

/**
 * The body of a message, as it is now; its number is added where it replies to something.
 *
 * @throws ConfigError for a message that cannot be
 */
export function messageBody(kind: TargetKind, message: Message): Readonly<Record<string, unknown>> {
  const { fields, ...named } = message
  const type = messageTypes.find(([field]) => named[field] !== undefined)?.[1]
  const isEmpty = type === undefined && named.image === undefined && fields === undefined
  if (isEmpty || (type === 0 && named.image === undefined && named.content === '')) {
    throw new ConfigError('qq bot: the message is empty', { field: 'content', problem: 'empty' })
  }
  if (named.msg_id !== undefined && named.event_id !== undefined) {
    throw new ConfigError('qq bot: a reply names msg_id or event_id, not both', {
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
      { hint: isOpen ? 'Upload the file and send it as media.' : 'Send a picture as image, by its address.' },
    )
  }
  // An upload tells more than the platform wants to hear of it.
  const media = named.media === undefined ? {} : { media: { file_info: named.media.file_info } }
  // Kinds of messages that are not named here bring their own msg_type.
  return copyOf({ ...(isOpen && { msg_type: type ?? 0 }), ...fields, ...named, ...media })
}

/** A message may wait: what its caller does with it meanwhile changes nothing. */
function copyOf(body: object): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(JSON.stringify(body)) as Readonly<Record<string, unknown>>
  } catch {
    throw new ConfigError('qq bot: the message cannot be written as JSON', { field: 'message', problem: 'malformed' })
  }
}
