/**
 * A message, under the platform's names. A plain text is short for `{ content }`. `msg_type` is derived from the members that are set.
 *
 * @see https://bot.q.qq.com/wiki/develop/api-v2/server-inter/message/overview.html (read 2026-11-20)
 */
export interface QQBotMessage {
  readonly content?: string
  /** Takes precedence over `content`. */
  readonly markdown?: {
    /** Raw Markdown. */
    readonly content?: string
    /** Id of a template; `params` fill it. */
    readonly custom_template_id?: string
    readonly params?: readonly { readonly key: string; readonly values: readonly string[] }[]
  }
  /** The `{ file_info }` of an upload. Groups and users only. */
  readonly media?: Pick<QQBotUploadedMedia, 'file_info'>
  /** URL of a picture. Guild channels and direct messages from guild members only. */
  readonly image?: string
  /** Id of the message to reply to. */
  readonly msg_id?: string
  /** Id of the event to reply to, if it has none. */
  readonly event_id?: string
  /** Sequence number of the reply. @default counted for each message or event */
  readonly msg_seq?: number
  /** Members that have no name here, such as `keyboard`. */
  readonly fields?: Readonly<Record<string, unknown>>
}

/** The result of sending a message. */
export interface QQBotSentMessage {
  /** Id of the message; absent while it waits for review. */
  readonly id?: string
  /** When the message was sent, in the platform's format. */
  readonly timestamp?: string
  /** Sequence number of the reply. */
  readonly msg_seq?: number
  /** Id of the pending review; an `audit` event carries its result. */
  readonly audit_id?: string
  /** Whether the platform accepted the message but has not delivered it yet. */
  readonly isPending: boolean
}

/** A file to upload. Exactly one of `url` and `data` must be set. */
export interface QQBotMediaFile {
  /** `image`: png or jpg; `video`: mp4; `voice`: silk; `file`: any other. */
  readonly type: 'image' | 'video' | 'voice' | 'file'
  /** Address from which the platform fetches the file. */
  readonly url?: string
  /** Content of the file. */
  readonly data?: Uint8Array
}

/** A file that was uploaded to the platform. */
export interface QQBotUploadedMedia {
  readonly file_info: string
  readonly file_uuid?: string
  /** How long the file may be used, in seconds; 0 means forever. */
  readonly ttl?: number
}

/** Options of sending a message. */
export interface QQBotSendOptions {
  /** Aborts the wait. A message that is already on its way may still be delivered. */
  readonly signal?: AbortSignal
}

/** Options of uploading a file. */
export interface QQBotUploadOptions extends QQBotSendOptions {
  /** Maximum duration of the upload, in milliseconds. @default `uploadTimeoutMs` of the sender */
  readonly timeoutMs?: number
}
