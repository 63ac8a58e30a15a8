import type { RequestListener } from 'node:http'
import { reply } from './scripted-platform.js'

/** The token of {@link good}. */
export const token = 'good-token'

/** The body of a good response. */
export const good = { access_token: token, expires_in: 7200 }

const endless: RequestListener = (_, response) => {
  const chunk = ' '.repeat(16_384)
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
  }
  response.on('drain', more)
  more()
}

/** A malformed response, and the error that it causes. */
export interface BadResponse {
  readonly name: string
  readonly answer: RequestListener
  readonly code: 'ERR_LINGPAI_MALFORMED_RESPONSE' | 'ERR_LINGPAI_TRANSPORT' | 'ERR_LINGPAI_PLATFORM'
  readonly details: object
  /** Requests within one refresh. */
  readonly attempts?: number
}

const malformed = (problem: string, status = 200): Pick<BadResponse, 'code' | 'details' | 'attempts'> => ({
  code: 'ERR_LINGPAI_MALFORMED_RESPONSE',
  details: { provider: 'toy', problem, status },
  attempts: 1,
})
const status = (code: number): Pick<BadResponse, 'code' | 'details'> => ({
  code: 'ERR_LINGPAI_TRANSPORT',
  details: { provider: 'toy', phase: 'status', status: code },
})
const html = '<html><body>Bad gateway</body></html>'
const asHtml = { 'content-type': 'text/html' }

/** Responses without a usable token. */
export const badResponses: readonly BadResponse[] = [
  { name: 'HTML with 200', answer: reply(html, { headers: asHtml }), ...malformed('not-json') },
  { name: 'HTML with 500', answer: reply(html, { status: 500, headers: asHtml }), ...status(500) },
  { name: 'HTML with 502', answer: reply(html, { status: 502, headers: asHtml }), ...status(502) },
  { name: 'a token with 503', answer: reply(good, { status: 503 }), ...status(503) },
  { name: 'a token with 401', answer: reply(good, { status: 401 }), ...status(401) },
  { name: 'an empty body', answer: reply(''), ...malformed('not-json') },
  { name: 'white space', answer: reply(' \n'), ...malformed('not-json') },
  { name: 'no content', answer: reply('', { status: 204 }), ...malformed('not-json', 204) },
  { name: 'half a JSON', answer: reply(JSON.stringify(good).slice(0, -9)), ...malformed('not-json') },
  { name: 'two JSONs', answer: reply('{}{}'), ...malformed('not-json') },
  {
    name: 'two good JSONs',
    answer: reply(JSON.stringify(good) + JSON.stringify(good)),
    ...malformed('not-json'),
  },
  { name: 'JSON in JSON', answer: reply(JSON.stringify(JSON.stringify(good))), ...malformed('not-an-object') },
  { name: 'an array', answer: reply([good]), ...malformed('not-an-object') },
  { name: 'null', answer: reply('null'), ...malformed('not-an-object') },
  { name: 'a number', answer: reply('7200'), ...malformed('not-an-object') },
  { name: 'an empty object', answer: reply({}), ...malformed('no-token') },
  {
    name: 'a 404 of text',
    answer: reply('404 page not found', { status: 404 }),
    ...malformed('not-found', 404),
  },
  { name: 'a 404 of JSON', answer: reply({ path: '/token' }, { status: 404 }), ...status(404) },
  { name: 'a 401 of text', answer: reply('denied', { status: 401 }), ...malformed('not-json', 401) },
  { name: 'invalid UTF-8', answer: reply(Buffer.from([0x7b, 0xff, 0xfe, 0x7d])), ...malformed('not-text') },
  { name: 'a body of 64 KiB and 1', answer: reply(' '.repeat(65_537)), ...malformed('too-large') },
  { name: 'an endless body', answer: endless, ...malformed('too-large') },
  {
    name: 'a reset before the response',
    answer: (_, response) => response.socket?.resetAndDestroy(),
    code: 'ERR_LINGPAI_TRANSPORT',
    details: { provider: 'toy', phase: 'exchange' },
  },
  {
    name: 'a close without a response',
    answer: (_, response) => response.socket?.end(),
    code: 'ERR_LINGPAI_TRANSPORT',
    details: { provider: 'toy', phase: 'exchange' },
  },
  {
    name: 'a reset within the response',
    answer: (_, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{"access_token":"hal', () => response.socket?.resetAndDestroy())
    },
    code: 'ERR_LINGPAI_TRANSPORT',
    details: { provider: 'toy', phase: 'exchange' },
  },
  {
    name: 'no HTTP at all',
    answer: (_, response) => response.socket?.end('SSH-2.0-OpenSSH_9.7\r\n'),
    code: 'ERR_LINGPAI_TRANSPORT',
    details: { provider: 'toy', phase: 'exchange' },
  },
  {
    name: 'a 429 without a code',
    answer: reply('slow down', { status: 429 }),
    code: 'ERR_LINGPAI_PLATFORM',
    details: { provider: 'toy', platformCode: 429, errorClass: 'rate-limited', status: 429 },
    attempts: 1,
  },
  {
    name: 'a platform error with 200',
    answer: reply({ errcode: 40001, errmsg: 'invalid credential', ...good }),
    code: 'ERR_LINGPAI_PLATFORM',
    details: { provider: 'toy', endpoint: 'token', platformCode: 40001, errorClass: 'credential-invalid' },
    attempts: 1,
  },
  ...badTokens().map(([name, value]) => ({
    name: `a token that is ${name}`,
    answer: reply({ ...good, access_token: value }),
    ...malformed('no-token'),
  })),
  ...badLives().map((text) => ({
    name: `expires_in ${text}`,
    answer: reply(`{"access_token":"${token}","expires_in":${text}}`),
    ...malformed('bad-expires-in'),
  })),
]

function badTokens(): readonly (readonly [string, unknown])[] {
  return [
    ['empty', ''],
    ['null', null],
    ['a number', 42],
    ['an object', { value: token }],
    ['two lines', 'good\r\nSet-Cookie: a=b'],
    ['two words', 'good token'],
    ['not ASCII', '令牌'],
    ['longer than 8 KiB', 'x'.repeat(8193)],
  ]
}

function badLives(): readonly string[] {
  return ['0', '-0', '-7200', '-1e309', '"0"', '"-5"', '" -0.5 "']
}
