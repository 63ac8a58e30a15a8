import { ConfigError, MalformedAnswerError } from '@lingpai/core'
import { isPending } from '../api/api-error.js'
import type { ApiAnswer } from '../api/read-api-answer.js'
import type { MediaFile, SentMessage, UploadedMedia } from './message.js'

/** What the platform made of a message. */
export function toSentMessage({ status, body = {} }: ApiAnswer): SentMessage {
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

/** What the platform made of a file. @throws MalformedAnswerError when it gave nothing to send */
export function toUploadedMedia(provider: string, { status, bytes, body = {} }: ApiAnswer): UploadedMedia {
  const { file_info: fileInfo, file_uuid: fileUuid, ttl } = body
  if (typeof fileInfo !== 'string' || fileInfo === '') {
    throw new MalformedAnswerError(`${provider}: the upload was answered without file_info`, {
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

/** The platform's numbers of them. */
const fileTypes: ReadonlyMap<string, number> = new Map(
  Object.entries({ image: 1, video: 2, voice: 3, file: 4 } satisfies Record<MediaFile['type'], number>),
)

/** The body of an upload that sends nothing by itself. @throws ConfigError naming what is wrong with the file */
export function mediaBody({ type, url, data }: MediaFile): Readonly<Record<string, unknown>> {
  // From JavaScript anything may come.
  const fileType = fileTypes.get(type)
  if (fileType === undefined) {
    throw new ConfigError(`qq bot: type is to be one of ${[...fileTypes.keys()].join(', ')}`, {
      field: 'type',
      problem: 'malformed',
    })
  }
  if ((url === undefined) === (data === undefined)) {
    throw new ConfigError('qq bot: a file is given by url or by data, one of them', {
      field: 'url',
      problem: url === undefined ? 'missing' : 'conflict',
    })
  }
  if (url !== undefined && !/^https?:\/\//.test(url)) {
    throw new ConfigError('qq bot: url is to be an http(s) address', { field: 'url', problem: 'malformed' })
  }
  return {
    file_type: fileType,
    srv_send_msg: false,
    ...(url !== undefined && { url }),
    ...(data !== undefined && { file_data: Buffer.from(data).toString('base64') }),
  }
}
