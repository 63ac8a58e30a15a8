import type { CodeSpec } from '@lingpai/core'

/** The official table says of these: a fault of the system, try again once at most. */
const onceMore = { attempts: 2 }

/** What single codes mean and where they differ from their class; sources as in `error-tables.ts`. */
export const perCode: Readonly<Record<string, CodeSpec>> = {
  // No period is documented; sliverp/qqbot waits a minute.
  100001: { note: 'too many token requests', coolDownSeconds: 60 },
  // Then it is no fault of the system but a body that is no JSON, or an appId sent as a number (tencent-connect/bot-docs#225).
  100002: { note: 'internal error, or a malformed token request', ...onceMore },
  100007: { note: 'AppID invalid; also a banned or deleted bot' },
  100016: { note: 'AppID and secret do not belong together' },
  10004: { note: 'no such bot' },
  11241: { note: 'no token in the request, or the header is malformed' },
  11242: { note: 'the token check failed on the platform', ...onceMore },
  40012002: { note: 'the token check failed on the platform', ...onceMore },
  11243: { note: 'the token is wrong' },
  11244: { note: 'the token is absent or expired' },
  40011027: { note: 'the token is absent or expired (err_code of 11244)' },
  11245: { note: 'the fixed-token scheme is switched off' },
  11251: { note: 'AppID wrong or missing' },
  11252: { note: 'the permission lookup failed on the platform', ...onceMore },
  11253: { note: 'no privilege, interface banned, or a token of the wrong kind' },
  11254: { note: 'no privilege, interface banned, or a token of the wrong kind' },
  11261: { note: 'AppID wrong or missing' },
  11262: { note: 'no privilege, interface banned, or a token of the wrong kind' },
  11263: { note: 'the permission lookup failed on the platform', ...onceMore },
  11264: { note: 'no privilege, interface banned, or a token of the wrong kind' },
  11265: { note: 'the bot is banned' },
  11273: { note: 'no privilege, interface banned, or a token of the wrong kind' },
  11274: { note: 'no privilege, interface banned, or a token of the wrong kind' },
  11275: { note: 'AppID wrong or missing' },
  11281: { note: 'the permission lookup failed on the platform', ...onceMore },
  11282: { note: 'no privilege, interface banned, or a token of the wrong kind' },
  11298: { note: 'the source IP is not on the white-list' },
  40023002: { note: 'the source IP is not on the white-list (err_code of 11298)' },
  304018: { note: 'the bot is not connected to the gateway' },
  20028: { note: 'rate limit' },
  22009: { note: 'rate limit' },
  610013: { note: 'rate limit' },
  620006: { note: 'rate limit' },
  1100308: { note: 'rate limit' },
}
