/**
 * A message as the platform takes it, by its own names; a text alone is `{ content }`. `msg_type` follows from what is there.
 *
 * @see https://bot.q.qq.com/wiki/develop/api-v2/server-inter/message/overview.html (read 2026-11-20)
 */
export interface Message {
  readonly content?: string
  /** Goes before `content`. */
  readonly markdown?: {
    /** Markdown as it is. */
    readonly content?: string
    /** Id of a template, and what goes into it. */
    readonly custom_template_id?: string
    readonly params?: readonly { readonly key: string; readonly values: readonly string[] }[]
  }
  /** What an upload gave: `{ file_info }`. Groups and users only. */
  readonly media?: Pick<UploadedMedia, 'file_info'>
  /** Address of a picture. Channels and direct messages of guilds only. */
  readonly image?: string
  /** The message that this replies to. */
  readonly msg_id?: string
  /** The event that this replies to, where there is no message. */
  readonly event_id?: string
  /** Which reply this is. @default counted for each message or event that is replied to */
  readonly msg_seq?: number
  /** Fields of the platform that are not named here, such as `keyboard`. */
  readonly fields?: Readonly<Record<string, unknown>>
}

/** What became of a message. */
export interface SentMessage {
  /** Id that the platform gave it; absent while it waits for review. */
  readonly id?: string
  /** When it was sent, as the platform says it. */
  readonly timestamp?: string
  /** The number that the reply got. */
  readonly msg_seq?: number
  /** Id of the review that it waits for; an `audit` event tells of its end. */
  readonly audit_id?: string
  /** Whether the platform took it without delivering it yet. */
  readonly isPending: boolean
}

/** A file to be sent. Exactly one of `url` and `data`. */
export interface MediaFile {
  /** png or jpg; mp4; silk; anything else. */
  readonly type: 'image' | 'video' | 'voice' | 'file'
  /** Where the platform fetches it. */
  readonly url?: string
  /** The file itself. */
  readonly data?: Uint8Array
}

/** A file that the platform has. */
export interface UploadedMedia {
  readonly file_info: string
  readonly file_uuid?: string
  /** How long it may be used, seconds; 0 for ever. */
  readonly ttl?: number
}

/** How one message is sent. */
export interface SendOptions {
  /** Ends the wait; a message that is under way may still be delivered. */
  readonly signal?: AbortSignal
}

/** How one file is uploaded. */
export interface UploadOptions extends SendOptions {
  /** For the whole of it, milliseconds. @default uploadTimeoutMs of the sender */
  readonly timeoutMs?: number
}
