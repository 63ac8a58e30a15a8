/**
 * Payloads of events, under the platform's own names. Only the required members of each type are checked: the platform adds and
 * removes the others without notice.
 *
 * @see https://bot.q.qq.com/wiki/develop/api-v2/server-inter/message/send-receive/event.html (read 2026-11-20)
 */

/** An image, a recording or a file. */
export interface Attachment {
  readonly url?: string
  readonly content_type?: string
  readonly filename?: string
  readonly size?: number
  readonly width?: number
  readonly height?: number
}

/** The author of a group message. */
export interface GroupMember {
  readonly member_openid?: string
  readonly union_openid?: string
  readonly username?: string
  /** Whether the author is a bot. */
  readonly bot?: boolean
}

/** A member mentioned in a group message. */
export interface GroupMention {
  readonly id?: string
  readonly member_openid?: string
  readonly username?: string
  readonly bot?: boolean
  /** Whether this bot is mentioned. */
  readonly is_you?: boolean
  /** `single` for a single member. */
  readonly scope?: string
}

/**
 * A group message. By default only messages that mention the bot arrive; in a group where the bot receives all messages, any does.
 *
 * @see https://github.com/nonebot/adapter-qq/pull/195 for a payload of the second kind (2026-05-15, read 2026-11-29)
 */
export interface GroupMessage {
  /** Id of the message; a passive reply sends it as `msg_id`. */
  readonly id: string
  readonly group_openid: string
  /** Text. The mention is left as `<@openid>` or removed, which leaves its space. */
  readonly content?: string
  /** RFC 3339. */
  readonly timestamp?: string
  readonly author?: GroupMember
  readonly mentions?: readonly GroupMention[]
  readonly message_type?: number
  readonly attachments?: readonly Attachment[]
}

/** The bot was added to a group, or a group administrator allowed it to send proactive messages. */
export interface GroupNotice {
  readonly group_openid: string
  /** The member who did it. */
  readonly op_member_openid?: string
  /** Unix seconds, or RFC 3339. */
  readonly timestamp?: number | string
}

/** A user added the bot as a friend, or allowed it to send proactive messages. */
export interface UserNotice {
  readonly openid: string
  /** Unix seconds, or RFC 3339. */
  readonly timestamp?: number | string
}

/** A direct message from a user. */
export interface C2CMessage {
  /** Id of the message; a passive reply sends it as `msg_id`. */
  readonly id: string
  readonly content?: string
  /** RFC 3339. */
  readonly timestamp?: string
  readonly author?: { readonly user_openid?: string }
  readonly attachments?: readonly Attachment[]
}

/** The author of a guild message. */
export interface GuildUser {
  readonly id?: string
  readonly username?: string
  readonly avatar?: string
  readonly bot?: boolean
}

/** A message in a guild channel. */
export interface GuildMessage {
  /** Id of the message; a passive reply sends it as `msg_id`. */
  readonly id: string
  readonly guild_id: string
  readonly channel_id: string
  readonly content?: string
  /** RFC 3339. */
  readonly timestamp?: string
  readonly author?: GuildUser
  readonly member?: { readonly nick?: string; readonly roles?: readonly string[]; readonly joined_at?: string }
  readonly mentions?: readonly GuildUser[]
  readonly attachments?: readonly Attachment[]
  readonly seq_in_channel?: string
}

/** A direct message from a guild member; `guild_id` is that of the conversation. */
export type DirectMessage = Omit<GuildMessage, 'channel_id'> & { readonly channel_id?: string }

/** A user pressed a button. */
export interface Interaction {
  /** Id to acknowledge with `PUT /interactions/{id}`. */
  readonly id: string
  readonly type?: number
  readonly scene?: string
  readonly chat_type?: number
  readonly timestamp?: string
  readonly guild_id?: string
  readonly channel_id?: string
  readonly user_openid?: string
  readonly group_openid?: string
  readonly group_member_openid?: string
  readonly data?: {
    readonly type?: number
    readonly resolved?: {
      readonly button_id?: string
      readonly button_data?: string
      readonly user_id?: string
      readonly feature_id?: string
      readonly message_id?: string
    }
  }
}

/** The result of a message's review. */
export interface Audit {
  readonly audit_id: string
  /** Set if the message passed. */
  readonly message_id?: string
  readonly guild_id?: string
  readonly channel_id?: string
  readonly audit_time?: string
  readonly create_time?: string
}
