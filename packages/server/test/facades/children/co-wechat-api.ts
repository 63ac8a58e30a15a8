import { createRequire } from 'node:module'
import { format } from 'node:util'
import type { Outcome, Sdk, SdkPlace } from './sdk.js'

interface HttpxOptions {
  host: string
  port: string | number
  path: string
}

interface WechatApi {
  prefix: string
  setOpts(options: { readonly beforeRequest: (options: HttpxOptions) => HttpxOptions }): void
  getIp(): Promise<{ readonly ip_list?: unknown }>
  ensureTicket(type: string): Promise<{ readonly ticket?: unknown }>
  uploadMedia(path: string, type: string): Promise<unknown>
}

const require = createRequire(import.meta.url)
const WechatApi = require('co-wechat-api') as new (appId: string, secret: string) => WechatApi

/** co-wechat-api: `prefix` is its base URL. If tokens come from another host, its HTTP hook redirects those requests. */
export function openCoWechatApi({ tokens, apis, appId, secret }: SdkPlace): Sdk {
  const api = new WechatApi(appId, secret)
  api.prefix = `${apis}/cgi-bin/`
  if (tokens !== apis) {
    const { hostname, port, pathname } = new URL(tokens)
    const below = pathname.replace(/\/$/, '')
    api.setOpts({
      beforeRequest: (options) => {
        const path = /\/cgi-bin\/(token\?|ticket\/getticket).*$/.exec(options.path)?.[0]
        return path === undefined ? options : { ...options, host: hostname, port, path: below + path }
      },
    })
  }
  const settle = async (work: Promise<unknown>): Promise<Outcome> =>
    work.then(
      () => ({ ok: true }),
      (error: unknown) => ({ ok: false, code: (error as { code: number }).code, text: format(error) }),
    )
  // The SDK fetches again by itself.
  const call = (): Promise<Outcome> => settle(api.getIp())
  return {
    call,
    plainCall: call,
    ticket: () => settle(api.ensureTicket('jsapi')),
    upload: (path) => settle(api.uploadMedia(path, 'image')),
  }
}
