import { createReadStream } from 'node:fs'
import { format } from 'node:util'
import { Client, LoggerLevel } from '@larksuiteoapi/node-sdk'
import type { Outcome, Sdk, SdkPlace } from './sdk.js'

interface Reply {
  readonly code?: number | undefined
  readonly msg?: string | undefined
}

/** Feishu's own SDK: `domain` is its base URL. Its cache is one of the process, so each instance has one of its own. */
export function openNodeSdk({ apis, appId, secret }: SdkPlace): Sdk {
  const values = new Map<string, unknown>()
  const cache = {
    get: (key: unknown) => Promise.resolve(values.get(String(key))),
    set: (key: unknown, value: unknown) => Promise.resolve(Boolean(values.set(String(key), value))),
  }
  const client = new Client({ appId, appSecret: secret, domain: apis, cache, loggerLevel: LoggerLevel.fatal })
  const settle = async (work: Promise<Reply | null>): Promise<Outcome> =>
    work.then(
      (reply) => ({ ok: (reply?.code ?? 0) === 0, ...(reply?.code !== undefined && { code: reply.code }) }),
      (error: unknown) => {
        const { response } = Object(error) as { readonly response?: { readonly data?: Reply } }
        return { ok: false, code: response?.data?.code ?? Number.NaN, text: format(response?.data ?? error) }
      },
    )
  // The SDK does not fetch again by itself, and keeps a rejected token until its end.
  const call = (): Promise<Outcome> => settle(client.im.chat.list())
  return {
    call,
    plainCall: call,
    ticket: () => settle(client.request<Reply>({ method: 'POST', url: '/open-apis/jssdk/ticket/get' })),
    upload: (path) =>
      settle(
        client.im.file
          .create({ data: { file_type: 'stream', file_name: 'video', file: createReadStream(path) } })
          // Of a failure with HTTP 200, the SDK shows nothing.
          .then((data) => ({ code: data?.file_key === undefined ? Number.NaN : 0 })),
      ),
  }
}
