import { ConfigError, MalformedResponseError } from '@lingpai/core'
import { isPending } from '../api/api-error.js'
import type { ApiResponse } from '../api/read-api-response.js'
import type { QQBotMediaFile, QQBotSentMessage, QQBotUploadedMedia } from './message.js'

/** Parses the response to a message. */
export function toSentMessage({ status, body = {} }: ApiResponse): QQBotSentMessage {
  const { id, timestamp, data } = body
  const { message_audit: audit } = Object(data) as { readonly message_audit?: unknown }
  const { audit_id: auditId } = Object(audit) as { readonly audit_id?: unknown }
  return {
    ...(typeof id === 'string' && { id }),
    ...((typeof timestamp === 'string' || typeof timestamp === 'number') && { timestamp: String(timestamp) }),
    ...(typeof auditId === 'string' && { audit_id: auditId }),
    isPending: isPending(status),
  }
}

/** Parses the response to an upload. @throws MalformedResponseError if it has no `file_info` */
export function toUploadedMedia(provider: string, { status, bytes, body = {} }: ApiResponse): QQBotUploadedMedia {
  const { file_info: fileInfo, file_uuid: fileUuid, ttl } = body
  if (typeof fileInfo !== 'string' || fileInfo === '') {
    throw new MalformedResponseError(`${provider}: the response to the upload has no file_info`, {
      provider,
      problem: 'not-an-object',
      status,
      bytes,
    })
  }
  return {
    file_info: fileInfo,
    ...(typeof fileUuid === 'string' && { file_uuid: fileUuid }),
    ...(typeof ttl === 'number' && { ttl }),
  }
}

/** The platform's numbers of file types. */
const fileTypes: ReadonlyMap<string, number> = new Map(
  Object.entries({ image: 1, video: 2, voice: 3, file: 4 } satisfies Record<QQBotMediaFile['type'], number>),
)

/** Builds the body of an upload. @throws ConfigError naming the invalid member */
export function mediaBody({ type, url, data }: QQBotMediaFile): Readonly<Record<string, unknown>> {
  // JavaScript callers can pass anything.
  const fileType = fileTypes.get(type)
  if (fileType === undefined) {
    throw new ConfigError(`qq bot: "type" must be one of ${[...fileTypes.keys()].join(', ')}`, {
      field: 'type',
      problem: 'malformed',
    })
  }
  if ((url === undefined) === (data === undefined)) {
    throw new ConfigError('qq bot: a file must have exactly one of "url" and "data"', {
      field: 'url',
      problem: url === undefined ? 'missing' : 'conflict',
    })
  }
  if (url !== undefined && !/^https?:\/\//.test(url)) {
    throw new ConfigError('qq bot: "url" must be an http(s) URL', { field: 'url', problem: 'malformed' })
  }
  return {
    file_type: fileType,
    srv_send_msg: false,
    ...(url !== undefined && { url }),
    ...(data !== undefined && { file_data: Buffer.from(data).toString('base64') }),
  }
}
