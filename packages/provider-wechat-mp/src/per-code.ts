import type { CodeSpec } from '@lingpai/core'

const minute = 60
const hour = 60 * minute

/** What single codes mean and where they differ from their class; sources as in `error-tables.ts`. */
export const perCode: Readonly<Record<string, CodeSpec>> = {
  '-1': { note: 'the platform is busy' },
  40001: { note: 'token endpoint: AppSecret wrong; API: the token was replaced or is of another account' },
  40002: { note: 'wrong grant_type' },
  40013: { note: 'AppID invalid' },
  40014: { note: 'the token is malformed, or of another account' },
  40125: { note: 'AppSecret invalid, or reset' },
  40164: { note: 'the source IP is not on the white-list' },
  // Freezing and unfreezing take about ten minutes to apply.
  40243: { note: 'the AppSecret is frozen', coolDownSeconds: 10 * minute },
  41001: { note: 'no access_token in the request' },
  41002: { note: 'no appid in the request' },
  41004: { note: 'no secret in the request' },
  42001: { note: 'the token expired' },
  42007: { note: "a user's own token died with a change of password" },
  43002: { note: 'the endpoint wants POST' },
  45009: { note: 'the daily quota is used up' },
  45011: { note: 'the quota of this minute is used up', coolDownSeconds: minute },
  45035: { note: 'the source IP is not registered' },
  48001: { note: 'the account is not granted this API' },
  48004: { note: 'this API is banned for the account' },
  50002: { note: 'the account is restricted' },
  50004: { note: 'the account may not use access tokens, as a punishment' },
  50007: { note: 'the account is frozen or closed' },
  61004: { note: 'the source IP is not registered' },
  61024: { note: 'the account is a third-party platform: it needs a component token' },
  89501: { note: 'the administrator has not answered about this IP yet', coolDownSeconds: 5 * minute },
  89503: { note: 'the administrator must confirm this IP', coolDownSeconds: 5 * minute },
  89506: { note: 'the administrator refused this IP for a day', coolDownSeconds: 24 * hour },
  89507: { note: 'the administrator refused this IP for an hour', coolDownSeconds: hour },
}
