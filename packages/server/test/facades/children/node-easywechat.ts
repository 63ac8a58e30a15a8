import { createRequire } from 'node:module'
import { format } from 'node:util'
import type { Outcome, Sdk, SdkPlace } from './sdk.js'

interface AxiosConfig {
  url?: string
  baseURL?: string
}

interface Reply {
  toObject(): { readonly errcode?: number }
}

interface Client {
  get(url: string): Promise<Reply>
  withFile(path: string, name: string): Client
  post(url: string, options: object): Promise<Reply>
}

interface Application {
  setCache(cache: object): void
  getHttpClient(): {
    getInstance(): { interceptors: { request: { use(change: (config: AxiosConfig) => AxiosConfig): void } } }
  }
  getAccessToken(): { refresh(): Promise<string> }
  getClient(): Client
  getTicket(): { getTicket(): Promise<string> }
}

const require = createRequire(import.meta.url)
const { OfficialAccount, Work } = require('node-easywechat') as Readonly<
  Record<'OfficialAccount' | 'Work', new (config: object) => Application>
>

/** node-easywechat: `http.baseURL` is its base URL. If tokens come from another host, an interceptor of its axios redirects those requests. */
export function openOfficialAccount({ tokens, apis, appId, secret }: SdkPlace): Sdk {
  const app = new OfficialAccount({ app_id: appId, secret, http: { baseURL: `${apis}/` } })
  if (tokens !== apis) {
    app
      .getHttpClient()
      .getInstance()
      .interceptors.request.use((config) =>
        /cgi-bin\/(token|ticket\/getticket)$/.test(config.url ?? '') ? { ...config, baseURL: `${tokens}/` } : config,
      )
  }
  return sdkOf(app, '/cgi-bin/getcallbackip')
}

/** node-easywechat for WeCom, with one base URL. */
export function openWork({ apis, appId, secret }: SdkPlace): Sdk {
  return sdkOf(new Work({ corp_id: appId, secret, http: { baseURL: `${apis}/` } }), '/cgi-bin/get_api_domain_ip')
}

function sdkOf(app: Application, path: string): Sdk {
  app.setCache(mapCache())
  // The SDK does not fetch again by itself: its users do when the platform rejects a token.
  const once = async (work: () => Promise<unknown>): Promise<Outcome> =>
    work().then(
      (body) => {
        const { errcode: code = 0 } = (body as { readonly errcode?: number } | null) ?? {}
        return { ok: code === 0, code }
      },
      (error: unknown) => {
        const text = format(error)
        return { ok: false, code: Number(/"errcode":(-?\d+)/.exec(text)?.[1] ?? Number.NaN), text }
      },
    )
  const healed = async (work: () => Promise<unknown>): Promise<Outcome> => {
    const first = await once(work)
    if (first.code !== 40001 && first.code !== 42001) return first
    const renewed = await once(async () => {
      await app.getAccessToken().refresh()
    })
    return renewed.ok ? once(work) : renewed
  }
  const call = async (): Promise<unknown> => (await app.getClient().get(path)).toObject()
  return {
    call: () => healed(call),
    plainCall: () => once(call),
    ticket: () =>
      healed(async () => {
        await app.getTicket().getTicket()
      }),
    upload: (file) =>
      once(async () => {
        const client = app.getClient().withFile(file, 'media')
        return (await client.post('/cgi-bin/media/upload', { params: { type: 'image' } })).toObject()
      }),
  }
}

/** Replaces its file cache, which would put the secret into a file name. */
function mapCache(): object {
  const values = new Map<string, unknown>()
  return {
    get: (key: string) => Promise.resolve(values.get(key)),
    has: (key: string) => Promise.resolve(values.has(key)),
    set: (key: string, value: unknown) => Promise.resolve(Boolean(values.set(key, value))),
    delete: (key: string) => Promise.resolve(values.delete(key)),
  }
}
