import { defineProvider, type Provider, type RequestSpec } from '@lingpai/core'
import { hints } from './hints.js'
import { perCode } from './per-code.js'
import { ticketErrorTables } from './ticket-error-tables.js'
import { wecom, type WecomCredentials } from './wecom.js'

/** The provider of either ticket; they differ only in the request. */
export function ticketProvider(kind: string, request: RequestSpec): Provider<WecomCredentials> {
  const { id, account, secrets, env = {}, response } = wecom.spec
  return defineProvider<WecomCredentials>({
    id,
    kind,
    parent: wecom,
    source: { url: 'https://developer.work.weixin.qq.com/document/path/90506', readOn: '2026-11-20' },
    account,
    secrets,
    env,
    baseUrl: 'https://qyapi.weixin.qq.com',
    // 400 requests per hour for a corporation, 100 for an app: path/90454. Whether `expires_in` is the remaining life is not documented,
    // so it is trusted for an hour, which is correct either way.
    renewal: {
      mode: 'sticky',
      windowSeconds: 0,
      attemptsAtSeconds: [600, 120],
      jitterSeconds: 60,
      marginSeconds: 60,
      memorySeconds: 60,
      minIntervalSeconds: 60,
      maxLifeSeconds: 7200,
      trustSeconds: 3600,
    },
    response: { ...response, token: 'ticket' },
    placement: { in: 'nowhere' },
    errors: ticketErrorTables,
    perCode,
    hints,
    request: () => request,
  })
}
