import { format } from 'node:util'
import type { Outcome, Sdk, SdkPlace } from './sdk.js'

/** How a program without an SDK talks to a platform. */
interface Talk {
  readonly tokenRequest: (appId: string, secret: string) => readonly [path: string, body?: object]
  readonly token: string
  readonly life: string
  readonly apiCall: (token: string) => readonly [path: string, init: RequestInit]
}

const json = { 'content-type': 'application/json' }

const talks = {
  qq: {
    tokenRequest: (appId, clientSecret) => ['/app/getAppAccessToken', { appId, clientSecret }],
    ...{ token: 'access_token', life: 'expires_in' },
    apiCall: (token) => ['/users/@me', { headers: { authorization: `QQBot ${token}` } }],
  },
  dingtalk: {
    tokenRequest: (appKey, appSecret) => ['/v1.0/oauth2/accessToken', { appKey, appSecret }],
    ...{ token: 'accessToken', life: 'expireIn' },
    apiCall: (token) => ['/v1.0/microApp/allApps', { headers: { 'x-acs-dingtalk-access-token': token } }],
  },
  'dingtalk-old': {
    tokenRequest: (appkey, appsecret) => [`/gettoken?${new URLSearchParams({ appkey, appsecret }).toString()}`],
    ...{ token: 'access_token', life: 'expires_in' },
    apiCall: (token) => [
      `/topapi/v2/user/get?${new URLSearchParams({ access_token: token }).toString()}`,
      { method: 'POST', headers: json, body: '{"userid":"zhang"}' },
    ],
  },
} as const satisfies Record<string, Talk>

/** A client as `qq-botpy` and `dingtalk-stream` have it inside: a token until the end that it was told, and no second attempt. */
export function openFetchClient(name: keyof typeof talks): (place: SdkPlace) => Sdk {
  const talk: Talk = talks[name]
  return ({ tokens, apis, appId, secret }) => {
    let held = { token: '', untilMs: 0 }
    const bodyOf = async (url: string, init?: RequestInit): Promise<Readonly<Record<string, unknown>>> => {
      const response = await fetch(url, init)
      const text = await response.text()
      const body = JSON.parse(text) as Record<string, unknown>
      const isError = !response.ok || (body['errcode'] ?? 0) !== 0 || 'code' in body
      if (isError) throw new RangeError(text)
      return body
    }
    const token = async (): Promise<string> => {
      if (Date.now() < held.untilMs) return held.token
      const [path, body] = talk.tokenRequest(appId, secret)
      const init = body && { method: 'POST', headers: json, body: JSON.stringify(body) }
      const { [talk.token]: value, [talk.life]: seconds } = await bodyOf(tokens + path, init)
      held = { token: String(value), untilMs: Date.now() + Number(seconds) * 1000 }
      return held.token
    }
    const call = async (): Promise<Outcome> => {
      try {
        const [path, init] = talk.apiCall(await token())
        await bodyOf(apis + path, init)
        return { ok: true }
      } catch (error) {
        return { ok: false, text: format(error) }
      }
    }
    return { call, plainCall: call }
  }
}
