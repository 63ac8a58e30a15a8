import { createRequire } from 'node:module'
import { format } from 'node:util'
import type { Outcome, Sdk, SdkPlace } from './sdk.js'

interface AccessToken {
  readonly getErrCode?: number
}

interface Tnwx {
  ApiConfig: new (appId: string, secret: string, token: string) => object
  ApiConfigKit: {
    setCache: object
    putApiConfig(config: object): void
    setCurrentAppId(appId: string): void
    readonly getApiConfig: object
  }
  DefaultCache: new () => object
  AccessTokenApi: { refreshAccessToken(config: object): Promise<AccessToken> }
  JsTicketApi: { getTicket(type: string): Promise<{ readonly getTicket?: unknown; readonly getErrCode?: number }> }
  CallbackApi: { getCallbackIp(): Promise<{ readonly errcode?: number }> }
  HttpKit: { setHttpDelegate: object }
  AxiosHttpKit: new () => {
    httpGet(url: string, options?: object): Promise<unknown>
    upload(url: string, path: string): Promise<unknown>
  }
  MediaApi: { uploadMedia(path: string, type: string): Promise<{ readonly errcode?: number }> }
}

const require = createRequire(import.meta.url)
const {
  ApiConfig,
  ApiConfigKit,
  AccessTokenApi,
  CallbackApi,
  JsTicketApi,
  MediaApi,
  HttpKit,
  AxiosHttpKit,
  DefaultCache,
} = require('tnwx') as Tnwx

/** TNW: its URLs are constants, so its HttpDelegate redirects requests. Its state is global: all instances share it. */
export function openTnwx({ tokens, apis, appId, secret }: SdkPlace): Sdk {
  class Redirected extends AxiosHttpKit {
    override httpGet(url: string, options?: object): Promise<unknown> {
      const { pathname, search } = new URL(url)
      return super.httpGet(
        (/^\/cgi-bin\/(token|ticket\/getticket)$/.test(pathname) ? tokens : apis) + pathname + search,
        options,
      )
    }
    override upload(url: string, path: string): Promise<unknown> {
      const { pathname, search } = new URL(url)
      return super.upload(apis + pathname + search, path)
    }
  }
  HttpKit.setHttpDelegate = new Redirected()
  ApiConfigKit.setCache = new DefaultCache()
  ApiConfigKit.putApiConfig(new ApiConfig(appId, secret, ''))
  ApiConfigKit.setCurrentAppId(appId)
  const settle = async (work: Promise<number | undefined>): Promise<Outcome> =>
    work.then(
      (code = 0) => ({ ok: code === 0, code }),
      (error: unknown) => ({ ok: false, text: format(error) }),
    )
  // The SDK does not fetch again by itself: its users do when the platform rejects a token.
  const healed = async (work: () => Promise<number | undefined>): Promise<Outcome> => {
    const first = await settle(work())
    if (first.code !== 40001 && first.code !== 42001) return first
    await AccessTokenApi.refreshAccessToken(ApiConfigKit.getApiConfig)
    return settle(work())
  }
  const call = async (): Promise<number | undefined> => (await CallbackApi.getCallbackIp()).errcode
  return {
    call: () => healed(call),
    plainCall: () => settle(call()),
    ticket: () => healed(async () => (await JsTicketApi.getTicket('jsapi')).getErrCode),
    upload: (path) => settle(MediaApi.uploadMedia(path, 'image').then(({ errcode }) => errcode)),
  }
}
