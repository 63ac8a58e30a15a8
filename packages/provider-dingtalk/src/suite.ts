import { defineProvider, type IAccessTokenCache, type Secret } from '@lingpai/core'
import { pushedCredential, type PushedCredential } from '@lingpai/core/internal'
import { common } from './dingtalk.js'

/** Credentials of an app that a service provider (ISV) offers to organisations. */
export interface DingTalkSuiteCredentials {
  /** SuiteKey of the app. */
  readonly suiteKey: string
  /** SuiteSecret of the app. */
  readonly suiteSecret: Secret
  /** The ticket that the platform pushed last: `suiteTickets(cache, suiteKey).read`. */
  readonly suiteTicket: Secret
}

/** Credentials of such an app in one organisation. */
export interface DingTalkCorpCredentials extends DingTalkSuiteCredentials {
  /** CorpId of the organisation that authorized the app. */
  readonly authCorpId: string
}

/** What both tokens of a service provider's app have in common. */
const ofSuite = {
  ...common,
  // Each request returns a new token. What becomes of the old one is not documented: it is taken to be dead.
  renewal: { mode: 'rotate', overlapSeconds: 0, attemptsAtSeconds: [600, 60] },
  secrets: ['suiteSecret'],
  volatile: ['suiteTicket'],
} as const

const env = {
  suiteKey: ['DINGTALK_SUITE_KEY'],
  suiteSecret: ['DINGTALK_SUITE_SECRET'],
  suiteTicket: ['DINGTALK_SUITE_TICKET'],
} as const

/**
 * Access token of a service provider's app in one organisation. It takes the ticket that the platform pushes, see {@link suiteTickets};
 * another ticket is the same account.
 *
 * @see https://open.dingtalk.com/document/development/obtain-the-access-token-of-the-authorized-enterprise-1 (2026-06-08, read 2026-11-28)
 */
export const dingtalkCorp = defineProvider<DingTalkCorpCredentials>({
  ...ofSuite,
  kind: 'corp',
  source: {
    url: 'https://open.dingtalk.com/document/development/obtain-the-access-token-of-the-authorized-enterprise-1',
    readOn: '2026-11-28',
  },
  account: ['suiteKey', 'authCorpId'],
  env: { ...env, authCorpId: ['DINGTALK_AUTH_CORP_ID'] },
  // The table of that page has the URL without /v1.0, where the platform answers errcode 404.
  request: ({ suiteKey, suiteSecret, authCorpId, suiteTicket }) => ({
    method: 'POST',
    url: '/v1.0/oauth2/corpAccessToken',
    json: { suiteKey, suiteSecret, authCorpId, suiteTicket },
  }),
})

/**
 * Access token of a service provider's app itself. Its life and what a repeated request returns are not documented; they are taken to be
 * those of {@link dingtalkCorp}.
 *
 * @see https://open.dingtalk.com/document/development/obtain-the-access-token-of-the-authorized-enterprise-1 (2026-06-08, read 2026-11-28)
 */
export const dingtalkSuite = defineProvider<DingTalkSuiteCredentials>({
  ...ofSuite,
  kind: 'suite',
  source: dingtalkCorp.spec.source,
  account: ['suiteKey'],
  env,
  request: ({ suiteKey, suiteSecret, suiteTicket }) => ({
    method: 'POST',
    url: '/v1.0/oauth2/suiteAccessToken',
    json: { suiteKey, suiteSecret, suiteTicket },
  }),
})

/**
 * Keeps the tickets that the platform pushes to an app, about every five hours, in a cache. A new ticket ends the old one.
 *
 * Give `receive` the ticket of each `suite_ticket` event, and respond with `success` once it resolves: the platform repeats what is not
 * acknowledged, at most 100 times. Give `read` to the sources as `suiteTicket`. Use a cache that all processes share and that evicts
 * nothing.
 *
 * @example
 * ```ts
 * import { fileCache } from '@lingpai/cache-file'
 * import { TokenManager } from '@lingpai/core'
 * import { dingtalkCorp, suiteTickets } from '@lingpai/provider-dingtalk'
 *
 * const cache = fileCache({ directory: '.lingpai' })
 * const tickets = suiteTickets(cache, 'suite-key')
 * export const onSuiteTicket = (ticket: string): Promise<void> => tickets.receive(ticket)
 *
 * const tokens = new TokenManager({ cache })
 * export const corp = (authCorpId: string, suiteSecret: string) =>
 *   tokens.source(dingtalkCorp, { suiteKey: 'suite-key', suiteSecret, authCorpId, suiteTicket: tickets.read })
 * ```
 */
export function suiteTickets(cache: IAccessTokenCache, suiteKey: string): PushedCredential {
  return pushedCredential(cache, 'dingtalk', suiteKey, 'suiteTicket')
}
