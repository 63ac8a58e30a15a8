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
  CallbackApi: { getCallbackIp(): Promise<{ readonly errcode?: number }> }
  HttpKit: { setHttpDelegate: object }
  AxiosHttpKit: new () => { httpGet(url: string, options?: object): Promise<unknown> }
}

const require = createRequire(import.meta.url)
const { ApiConfig, ApiConfigKit, AccessTokenApi, CallbackApi, HttpKit, AxiosHttpKit, DefaultCache } =
  require('tnwx') as Tnwx

/** TNW: its URLs are constants, its HttpDelegate sends them elsewhere. Its state is the process's: all instances are one. */
export function openTnwx({ tokens, apis, appId, secret }: SdkPlace): Sdk {
  class Redirected extends AxiosHttpKit {
    override httpGet(url: string, options?: object): Promise<unknown> {
      const { pathname, search } = new URL(url)
      return super.httpGet((pathname === '/cgi-bin/token' ? tokens : apis) + pathname + search, options)
    }
  }
  HttpKit.setHttpDelegate = new Redirected()
  ApiConfigKit.setCache = new DefaultCache()
  ApiConfigKit.putApiConfig(new ApiConfig(appId, secret, ''))
  ApiConfigKit.setCurrentAppId(appId)
  const once = async (): Promise<Outcome> =>
    CallbackApi.getCallbackIp().then(
      ({ errcode = 0 }) => ({ ok: errcode === 0, code: errcode }),
      (error: unknown) => ({ ok: false, text: format(error) }),
    )
  return {
    // It never fetches by itself: its users do, when the platform says so.
    call: async () => {
      const first = await once()
      if (first.code !== 40001 && first.code !== 42001) return first
      await AccessTokenApi.refreshAccessToken(ApiConfigKit.getApiConfig)
      return once()
    },
    ticket: () => Promise.resolve({ ok: false, text: 'not tried' }),
  }
}
