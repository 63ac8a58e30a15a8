import { ConfigError } from '@lingpai/core'

/** Where a message goes. */
export interface MessageTarget {
  readonly kind: TargetKind
  /** `group_openid`, `user_openid`, `channel_id`, or the `guild_id` of a direct conversation. */
  readonly id: string
}

/** Kinds of targets. */
export type TargetKind = 'group' | 'user' | 'channel' | 'direct'

/** So many messages within a time, to one target or by the whole bot. */
export interface RateLimit {
  readonly per: 'target' | 'bot'
  readonly most: number
  readonly withinMs: number
}

/** What is known of a kind. */
export interface TargetRules {
  /** Name of its id. */
  readonly idName: string
  readonly path: string
  /** Whether files can be uploaded to it, and replies are numbered. */
  readonly isOpen: boolean
  /** Limits of messages that reply to nothing. */
  readonly proactive: readonly RateLimit[]
}

const minuteMs = 60_000

/**
 * Paths and limits by kind. The figures of bots that are not certified are lower, and not known here: the platform's refusal counts.
 *
 * @see https://bot.q.qq.com/wiki/develop/api-v2/server-inter/message/overview.html (read 2026-11-20)
 */
const targetRules: Readonly<Record<TargetKind, TargetRules>> = {
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

/** The rules of a kind. @throws ConfigError for a kind that is none */
export function rulesOf(kind: TargetKind): TargetRules {
  // From JavaScript anything may come.
  if (Object.hasOwn(targetRules, kind)) return targetRules[kind]
  throw new ConfigError(`qq bot: kind is to be one of ${Object.keys(targetRules).join(', ')}`, {
    field: 'kind',
    problem: 'unknown',
  })
}

/** Path of an endpoint of a target; ids may hold anything. @throws ConfigError for an id that is none */
export function targetPath({ kind, id }: MessageTarget, endpoint: 'messages' | 'files'): string {
  const { path, idName } = rulesOf(kind)
  // `.` and `..` would name another path.
  if (typeof id !== 'string' || id.trim() === '' || /^\.{1,2}$/.test(id)) {
    throw new ConfigError(`qq bot: ${idName} is to be the id from an event`, { field: idName, problem: 'malformed' })
  }
  return `${path}/${encodeURIComponent(id)}/${endpoint}`
}
