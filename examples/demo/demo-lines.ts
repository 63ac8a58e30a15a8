/** Facts of a demonstration. */
export interface DemoFacts {
  /** Address of the token server. */
  readonly server: string
  /** Address of the simulated platforms. */
  readonly sandbox: string
  /** The client key; valid as long as the demonstration runs. */
  readonly key: string
  readonly timeScale: number
}

/** What `npm start` prints: where to look, and lines to paste into another terminal. */
export function demoLines({ server, sandbox, key, timeScale }: DemoFacts): string {
  const bearer = `-H 'authorization: Bearer ${key}'`
  const json = "-H 'content-type: application/json'"
  return `Lingpai 令牌: a token server over simulated platforms. Nothing here is real; press Ctrl-C to stop.

  status page   ${server}/
  sign in with  ${key}
  platforms     ${sandbox}   time runs ${timeScale} times as fast: a token lives two minutes

A token, as your program gets it; the second call makes no request to the platform:
  curl -s ${server}/v1/accounts/shop/token ${bearer}

An SDK needs only another base URL, and the key where the secret was:
  curl -s '${server}/cgi-bin/token?grant_type=client_credential&appid=wxdec0de0000000001&secret=${key}'

The platform revokes a token; a program reports its generation, and one refresh replaces it for all:
  curl -s ${sandbox}/_sim/revoke -d '{"target":"qq"}'
  curl -s ${server}/v1/accounts/bot/rejections ${bearer} ${json} -d '{"generation":1,"code":11244}'

The event stream, the timeline of an account, and the metrics:
  curl -sN ${server}/v1/events ${bearer}
  curl -s ${server}/v1/accounts/branch/timeline ${bearer}
  curl -s ${server}/metrics ${bearer}

An account that fails on purpose, and how to fix it:
  curl -s ${server}/v1/accounts/branch/token ${bearer}
  curl -s ${sandbox}/_sim/change -d '{"account":"wechat:wxdec0de0000000002","ipAllow":["127.0.0.1"]}'
  curl -s ${server}/v1/accounts/branch/refreshes ${bearer} ${json} -d '{"note":"white-listed"}'

The requests that the platforms saw:
  curl -s ${sandbox}/_sim/ledger
`
}
