import { testClock, type TestClock } from '../../src/index.js'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/index.js'

/** The members that the platforms' bodies have between them; each test asks for those that it expects. */
export interface Body {
  readonly access_token: string
  readonly expires_in: number | string
  readonly errcode: number
  readonly errmsg: string
  readonly code: number
  readonly error: string
}

/** A reply, read to its end. */
export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: Body
}

/** One test's simulator on a test clock, with calls in each platform's own shape. */
export interface Calls {
  readonly simulator: Simulator
  readonly clock: TestClock
  send(path: string, init?: RequestInit): Promise<Reply>
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Reply>
  qqToken(changes?: object): Promise<Reply>
  qqApi(token: string, path?: string): Promise<Reply>
  wechatToken(changes?: Record<string, string>): Promise<Reply>
  stableToken(changes?: object): Promise<Reply>
  wechatApi(token: string, path?: string): Promise<Reply>
  wecomToken(changes?: Record<string, string>): Promise<Reply>
  wecomApi(token: string, path?: string): Promise<Reply>
}

/** Starts a simulator for the length of `use`. */
export async function withSimulator(options: SimulatorOptions, use: (calls: Calls) => Promise<void>): Promise<void> {
  const clock = testClock()
  const simulator = await startSimulator({ clock, ...options })
  try {
    await use(callsOf(simulator, clock))
  } finally {
    await simulator.close()
  }
}

export function callsOf(simulator: Simulator, clock: TestClock): Calls {
  const { qq, wechat, wecom } = simulator.accounts
  const send = async (path: string, init?: RequestInit): Promise<Reply> => {
    const response = await fetch(simulator.url + path, { redirect: 'manual', ...init })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: parse(text) as Body }
  }
  const post: Calls['post'] = (path, body, headers) =>
    send(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  const withToken = (path: string, token: string): string => `${path}?access_token=${encodeURIComponent(token)}`
  const wechatQuestion = { grant_type: 'client_credential', appid: wechat.appId, secret: wechat.appSecret }
  return {
    simulator,
    clock,
    send,
    post,
    qqToken: (changes) => post('/qq/app/getAppAccessToken', { ...qq, ...changes }),
    qqApi: (token, path = '/users/@me') => send(`/qq${path}`, { headers: { authorization: `QQBot ${token}` } }),
    wechatToken: (changes) =>
      send(`/wechat/cgi-bin/token?${new URLSearchParams({ ...wechatQuestion, ...changes }).toString()}`),
    stableToken: (changes) => post('/wechat/cgi-bin/stable_token', { ...wechatQuestion, ...changes }),
    wechatApi: (token, path = '/cgi-bin/getcallbackip') => send(withToken(`/wechat${path}`, token)),
    wecomToken: (changes) =>
      send(
        `/wecom/cgi-bin/gettoken?${new URLSearchParams({
          corpid: wecom.corpId,
          corpsecret: wecom.corpSecret,
          ...changes,
        }).toString()}`,
      ),
    wecomApi: (token, path = '/cgi-bin/get_api_domain_ip') => send(withToken(`/wecom${path}`, token)),
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
