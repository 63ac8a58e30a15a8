import fc from 'fast-check'
import type { FuzzAccount } from './fuzz-world.js'

/** One connection's worth of bytes. */
export interface FuzzedCall {
  readonly bytes: Buffer
  /** Names of the accounts whose good tokens it carries. */
  readonly accounts: readonly string[]
}

/** Stands for the number of a call, which tells in what the hosts receive where it came from. */
export const mark = '@@@@@'

const paths: Readonly<Record<FuzzAccount['platform'], readonly string[]>> = {
  wechat: ['/cgi-bin/user/info', '/wxa/getwxacode', '/cgi-bin/ticket/getticket'],
  wecom: ['/cgi-bin/user/get', '/cgi-bin/message/send'],
  qq: ['/v2/users/x/messages', '/users/@me', '/gateway'],
  feishu: ['/open-apis/im/v1/messages', '/open-apis/contact/v3/users'],
  dingtalk: ['/v1.0/robot/oToMessages/batchSend', '/topapi/v2/user/get'],
}
const everyPath = [...Object.values(paths).flat(), '/', '/v1/accounts', '/metrics', '/unknown']

/** Put before, into and behind a path. */
const tricks = [
  ...['//evil.example', 'http://evil.example', 'https://user@evil.example:1', '@evil.example', '\\', '/..', '/%2e%2e'],
  ...[
    '/..;',
    '%2f..%2f',
    '//',
    ';x=1',
    '%00',
    '#',
    '?',
    '&',
    '%',
    '%zz',
    '/.',
    '%252e',
    '\u00e9',
    '%0d%0aHost:%20evil',
  ],
]
const evil = 'evil.example'
const headers = [
  ...[
    `host: ${evil}`,
    `x-forwarded-host: ${evil}`,
    'x-original-url: /evil',
    `forwarded: host=${evil}`,
    'expect: 100-continue',
  ],
  ...[
    'connection: close',
    'connection: authorization, x-acs-dingtalk-access-token',
    'connection: upgrade',
    'upgrade: h2c',
  ],
  ...[
    'upgrade: websocket',
    'accept-encoding: gzip',
    'accept-encoding: br',
    'x-http-method-override: DELETE',
    'via: 1.1 x',
  ],
  ...[
    'transfer-encoding: chunked',
    'transfer-encoding: identity',
    'content-length: 5',
    'content-length: 0',
    'te: trailers',
  ],
  ...[
    'trailer: authorization',
    'cookie: lingpai_session=x',
    'proxy-authorization: Basic x',
    'content-type: x',
    'range: bytes=0-9',
  ],
  ...['x-fold: a\r\n b', 'x-nul: \0', 'x-utf: 令牌', `referer: http://${evil}/`, 'x-empty:', 'authorization: Basic x'],
]
const methods = [
  'GET',
  'GET',
  'GET',
  'POST',
  'POST',
  'PUT',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'TRACE',
  'CONNECT',
  'get',
  'BREW',
]
const bodies = [
  '',
  '',
  '{}',
  'hello',
  '5\r\nhello\r\n0\r\n\r\n',
  'x'.repeat(600),
  '0\r\n\r\nGET /evil HTTP/1.1\r\n\r\n',
]

type Place = (token: string) => { readonly query?: string; readonly header?: string }
const ownPlace: Readonly<Record<FuzzAccount['platform'], Place>> = {
  wechat: (token) => ({ query: `access_token=${token}` }),
  wecom: (token) => ({ query: `access_token=${token}` }),
  qq: (token) => ({ header: `authorization: QQBot ${token}` }),
  feishu: (token) => ({ header: `authorization: Bearer ${token}` }),
  dingtalk: (token) => ({ header: `x-acs-dingtalk-access-token: ${token}` }),
}
const places: readonly Place[] = [
  ...Object.values(ownPlace),
  (token) => ({ query: `access%5Ftoken=${encodeURIComponent(token)}` }),
  (token) => ({ query: `a=b&access_token=${token}&access_token=x` }),
  (token) => ({ query: `ACCESS_TOKEN=%6${token.charCodeAt(0).toString(16).slice(1)}${token.slice(1)}` }),
  (token) => ({ header: `Authorization:bearer  ${token}` }),
  (token) => ({ header: `x-other: ${token}` }),
  (token) => ({ header: `authorization: ${token}, ${token}` }),
]

/** Calls that are mostly valid, some with a trick or two. */
export function fuzzedCalls(accounts: readonly FuzzAccount[], refused: readonly string[]): fc.Arbitrary<FuzzedCall> {
  const account = fc.constantFrom(...accounts)
  const carried = fc.record({
    account,
    pass: fc.nat(99),
    place: fc.option(fc.constantFrom(...places), { freq: 1, nil: undefined }),
  })
  const wrong = fc.record({ text: fc.constantFrom(...refused), place: fc.constantFrom(...places) })
  const oneIn = (freq: number) => ({ freq, nil: undefined })
  const parts = fc.record({
    carried,
    second: fc.option(carried, oneIn(1)),
    isSecond: fc.nat(9),
    wrong: fc.option(wrong, oneIn(1)),
    isWrong: fc.nat(4),
    path: fc.option(fc.constantFrom(...everyPath), oneIn(1)),
    isOther: fc.nat(2),
    trick: fc.constantFrom(...tricks),
    trickAt: fc.nat(99),
    method: fc.constantFrom(...methods),
    headers: fc.subarray(headers, { maxLength: 3 }),
    body: fc.constantFrom(...bodies),
    version: fc.constantFrom('1.1', '1.1', '1.1', '1.0'),
    changes: fc.array(change, { maxLength: 3 }),
    isChanged: fc.nat(2),
  })
  return parts.map((given): FuzzedCall => {
    const own = given.carried
    const passOf = ({ account: { passes }, pass }: typeof own): string => passes[pass % passes.length] ?? ''
    const used = [
      { text: passOf(own), place: own.place ?? ownPlace[own.account.platform], account: own.account.name },
      ...(given.second !== undefined && given.isSecond === 0
        ? [
            {
              text: passOf(given.second),
              place: given.second.place ?? ownPlace.feishu,
              account: given.second.account.name,
            },
          ]
        : []),
    ]
    const isWrong = given.wrong !== undefined && given.isWrong === 0
    const tokens = isWrong && given.wrong !== undefined ? [{ ...given.wrong, account: '' }, ...used.slice(1)] : used
    const placed = tokens.map(({ text, place }) => place(text))
    const [usual = '/'] = paths[own.account.platform]
    const path = given.isOther === 0 ? (given.path ?? usual) : usual
    const at = given.trickAt % (path.length + 1)
    const target = given.trickAt > 60 ? path.slice(0, at) + given.trick + path.slice(at) : path
    const query = [...placed.flatMap(({ query: text }) => text ?? []), `mark=${mark}`].join('&')
    const own1 = placed.flatMap(({ header }) => header ?? [])
    const length =
      given.body === '' || given.headers.some((one) => /^(content-l|transfer)/.test(one))
        ? []
        : [`content-length: ${given.body.length}`]
    const head = [
      `${given.method} ${target}?${query} HTTP/${given.version}`,
      ...['host: localhost', `x-mark: ${mark}`, ...own1, ...length, ...given.headers],
    ]
    const bytes = Buffer.from(`${head.join('\r\n')}\r\n\r\n${given.body}`)
    const names = tokens.map(({ account: name }) => name).filter((name) => name !== '')
    return { bytes: given.isChanged === 0 ? changed(bytes, given.changes) : bytes, accounts: names }
  })
}

/** A change of a few bytes. */
interface Change {
  readonly at: number
  readonly cut: number
  readonly text: string
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(2000),
  cut: fc.nat(8),
  text: fc.constantFrom(
    '',
    '\r\n',
    '\n',
    '\r',
    '\0',
    ' ',
    '\t',
    ':',
    '/',
    '//',
    '..',
    '%',
    '\r\n\r\n',
    'HTTP/0.9',
    'lpt_',
    '\u00ff',
    'GET / HTTP/1.1\r\n\r\n',
  ),
})

function changed(bytes: Buffer, changes: readonly Change[]): Buffer {
  return changes.reduce((now, { at, cut, text }) => {
    const start = at % (now.length + 1)
    return Buffer.concat([now.subarray(0, start), Buffer.from(text, 'latin1'), now.subarray(start + cut)])
  }, bytes)
}
