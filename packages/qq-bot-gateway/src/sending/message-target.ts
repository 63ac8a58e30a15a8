import { ConfigError } from '@lingpai/core'

/** The recipient of a message. */
export interface QQBotMessageTarget {
  readonly kind: QQBotTargetKind
  /** `group_openid`, `user_openid`, `channel_id`, or the `guild_id` of a direct conversation. */
  readonly id: string
}

/** Kinds of recipients. */
export type QQBotTargetKind = 'group' | 'user' | 'channel' | 'direct'

/** A maximum number of messages within a period, to one target or by the whole bot. */
export interface RateLimit {
  readonly per: 'target' | 'bot'
  readonly most: number
  readonly withinMs: number
}

/** Rules of a kind of target. */
export interface TargetRules {
  /** Name of the target's id. */
  readonly idName: string
  readonly path: string
  /** Whether the target accepts uploads and numbered replies. */
  readonly isOpen: boolean
  /** Limits of proactive messages, those that do not reply to anything. */
  readonly proactive: readonly RateLimit[]
}

const minuteMs = 60_000

/**
 * Paths and limits by kind. Bots that are not certified have lower limits, which are not listed here: the platform enforces them.
 *
 * @see https://bot.q.qq.com/wiki/develop/api-v2/server-inter/message/overview.html (read 2026-11-20)
 */
const targetRules: Readonly<Record<QQBotTargetKind, TargetRules>> = {
  group: {
    idName: 'group_openid',
    path: '/v2/groups',
    isOpen: true,
    proactive: [
      { per: 'target', most: 20, withinMs: minuteMs },
      { per: 'bot', most: 60, withinMs: minuteMs },
    ],
  },
  user: {
    idName: 'user_openid',
    path: '/v2/users',
    isOpen: true,
    proactive: [
      { per: 'target', most: 20, withinMs: minuteMs },
      { per: 'bot', most: 10, withinMs: 1000 },
    ],
  },
  channel: { idName: 'channel_id', path: '/channels', isOpen: false, proactive: [] },
  direct: { idName: 'guild_id', path: '/dms', isOpen: false, proactive: [] },
}

/** Returns the rules of a kind. @throws ConfigError for an unknown kind */
export function rulesOf(kind: QQBotTargetKind): TargetRules {
  // JavaScript callers can pass anything.
  if (Object.hasOwn(targetRules, kind)) return targetRules[kind]
  throw new ConfigError(`qq bot: "kind" must be one of ${Object.keys(targetRules).join(', ')}`, {
    field: 'kind',
    problem: 'unknown',
  })
}

/** Returns the path of a target's endpoint. The id is escaped. @throws ConfigError for an invalid id */
export function targetPath({ kind, id }: QQBotMessageTarget, endpoint: 'messages' | 'files'): string {
  const { path, idName } = rulesOf(kind)
  // `.` and `..` would point to another path.
  if (typeof id !== 'string' || id.trim() === '' || /^\.{1,2}$/.test(id)) {
    throw new ConfigError(`qq bot: "${idName}" must be the id from an event`, { field: idName, problem: 'malformed' })
  }
  return `${path}/${encodeURIComponent(id)}/${endpoint}`
}
