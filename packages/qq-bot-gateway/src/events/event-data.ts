/**
 * What events carry, by the platform's own names. Only what a type does not make optional is checked; a platform adds and drops
 * the rest without asking.
 *
 * @see https://bot.q.qq.com/wiki/develop/api-v2/server-inter/message/send-receive/event.html (read 2026-11-20)
 */

/** A picture, a recording or a file. */
export interface Attachment {
  readonly url?: string
  readonly content_type?: string
  readonly filename?: string
  readonly size?: number
  readonly width?: number
  readonly height?: number
}

/** Who wrote in a group. */
export interface GroupMember {
  readonly member_openid?: string
  readonly union_openid?: string
  readonly username?: string
  /** Whether a bot wrote it. */
  readonly bot?: boolean
}

/** Who is mentioned in a group message. */
export interface GroupMention {
  readonly id?: string
  readonly member_openid?: string
  readonly username?: string
  readonly bot?: boolean
  /** Whether it is this bot. */
  readonly is_you?: boolean
  /** `single` for one member. */
  readonly scope?: string
}

/**
 * A group message: one that mentions the bot or, in a group where the bot receives all messages, any.
 *
 * @see https://github.com/nonebot/adapter-qq/pull/195 for a payload of the second kind (2026-05-15, read 2026-11-29)
 */
export interface GroupMessage {
  /** A passive reply names it as `msg_id`. */
  readonly id: string
  readonly group_openid: string
  /** With the space that the mention left, or with the mention itself as `<@openid>`. */
  readonly content?: string
  /** RFC 3339. */
  readonly timestamp?: string
  readonly author?: GroupMember
  readonly mentions?: readonly GroupMention[]
  readonly message_type?: number
  readonly attachments?: readonly Attachment[]
}

/** Something about the bot changed in a group: it was added, or an administrator lets it send by itself. */
export interface GroupNotice {
  readonly group_openid: string
  /** Who did it. */
  readonly op_member_openid?: string
  /** Unix seconds, or RFC 3339. */
  readonly timestamp?: number | string
}

/** Something about the bot changed for a user: it was added as a friend, or may send by itself. */
export interface UserNotice {
  readonly openid: string
  /** Unix seconds, or RFC 3339. */
  readonly timestamp?: number | string
}

/** A message of a single user. */
export interface C2CMessage {
  /** A passive reply names it as `msg_id`. */
  readonly id: string
  readonly content?: string
  /** RFC 3339. */
  readonly timestamp?: string
  readonly author?: { readonly user_openid?: string }
  readonly attachments?: readonly Attachment[]
}

/** Who wrote in a guild. */
export interface GuildUser {
  readonly id?: string
  readonly username?: string
  readonly avatar?: string
  readonly bot?: boolean
}

/** A message in a guild's channel. */
export interface GuildMessage {
  /** A passive reply names it as `msg_id`. */
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

/** A direct message of a guild's member; `guild_id` is that of the conversation. */
export type DirectMessage = Omit<GuildMessage, 'channel_id'> & { readonly channel_id?: string }

/** A button was pressed. */
export interface Interaction {
  /** `PUT /interactions/{id}` acknowledges it. */
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

/** What became of a message that was queued for review. */
export interface Audit {
  readonly audit_id: string
  /** Only of a message that passed. */
  readonly message_id?: string
  readonly guild_id?: string
  readonly channel_id?: string
  readonly audit_time?: string
  readonly create_time?: string
}
