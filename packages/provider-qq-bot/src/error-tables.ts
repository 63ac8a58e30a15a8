import type { Endpoint, ErrorTable } from '@lingpai/core'

/**
 * QQ's codes by class. Token endpoint: official page of 2026-09, except 100002 (observed). API: official call guide of
 * 2026-09 and, for messages, message overview of 2026-09, with the second numbers of `err_code` as observed in bodies of 2026-09; all read 2026-11-20.
 * 40034102 and the codes of files (304082, 304083, 850012, 850026): bodies and bots' own notes of 2026, read 2026-11-29.
 *
 * 10004 is in `token` only: on the API it means an unknown guild. Codes of accepted-for-review responses (304023, 304024,
 * HTTP 201 and 202) are not errors and are not listed.
 */
export const errorTables: Readonly<Record<Endpoint, ErrorTable>> = {
  token: {
    'credential-invalid': [100007, 100016, 10004],
    'rate-limited': [100001],
    transient: [100002],
  },
  api: {
    'token-expired': [11244, 40011027],
    'token-invalid': [11243],
    'credential-invalid': [11245, 11251, 11261, 11275],
    // HTTP 401 as well, and a refresh does not help (observed, tencent-connect/openclaw-qqbot#240).
    'ip-denied': [11298, 40023002],
    permission: [
      11241, 11253, 11254, 11262, 11264, 11265, 11273, 11274, 11282, 304018, 304103, 40034005, 40034024, 40034102,
      40034128, 40054002, 40054005, 40054007, 40054010, 40054016,
    ],
    'rate-limited': [20028, 22009, 610013, 620006, 1100308],
    'quota-exhausted': [40034100],
    transient: [11242, 40012002, 11252, 11263, 11281, 304082, 304083, 850012, 850026, 50055001],
  },
}
