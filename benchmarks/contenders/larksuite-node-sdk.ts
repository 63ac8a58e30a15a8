import { Client, LoggerLevel } from '@larksuiteoapi/node-sdk'
import { accountId, accountSecret, type Contender } from '../harness/contender.js'

let opened = 0

/** With the default cache, which all clients of a process share. The token is asked for as each of its API calls does. */
export const larksuiteNodeSdk: Contender = {
  name: '@larksuiteoapi/node-sdk',
  fixedMarginSeconds: 180,
  open: ({ url }, accounts) => {
    opened += 1
    const prefix = `cli_${opened}`
    const clients = Array.from(
      { length: accounts },
      (_, account) =>
        new Client({
          appId: `${prefix}_${accountId(account)}`,
          appSecret: accountSecret,
          domain: url,
          loggerLevel: LoggerLevel.fatal,
        }),
    )
    return { getToken: (account) => clients[account]!.tokenManager.getTenantAccessToken() }
  },
}
