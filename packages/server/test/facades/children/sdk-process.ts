import { createInterface } from 'node:readline'
import type { Outcome, Sdk, SdkPlace } from './sdk.js'

/** A command to the process, one per line. */
export interface SdkOrder {
  /** Replaces all instances by this many new ones. */
  readonly open?: { readonly instances: number; readonly place: SdkPlace }
  /** Makes all instances do this at once. */
  readonly all: keyof Sdk
  /** The file to upload. */
  readonly file?: string
}

/** A result, one per line, between the output of the SDK. */
export interface SdkReport {
  readonly outcomes: readonly Outcome[]
}

const openers: Readonly<Record<string, () => Promise<(place: SdkPlace) => Sdk>>> = {
  'co-wechat-api': async () => (await import('./co-wechat-api.js')).openCoWechatApi,
  'node-easywechat': async () => (await import('./node-easywechat.js')).openOfficialAccount,
  'node-easywechat-work': async () => (await import('./node-easywechat.js')).openWork,
  'node-sdk': async () => (await import('./node-sdk.js')).openNodeSdk,
  tnwx: async () => (await import('./tnwx.js')).openTnwx,
  'fetch-qq': async () => (await import('./fetch-client.js')).openFetchClient('qq'),
  'fetch-dingtalk': async () => (await import('./fetch-client.js')).openFetchClient('dingtalk'),
  'fetch-dingtalk-old': async () => (await import('./fetch-client.js')).openFetchClient('dingtalk-old'),
}

const missing: Outcome = { ok: false, text: 'this SDK does not do that here' }

const open = await (openers[process.argv[2] ?? ''] as (typeof openers)[string])()
let sdks: readonly Sdk[] = []
for await (const line of createInterface({ input: process.stdin })) {
  const { open: wanted, all, file = '' } = JSON.parse(line) as SdkOrder
  if (wanted !== undefined) sdks = Array.from({ length: wanted.instances }, () => open(wanted.place))
  const outcomes = await Promise.all(sdks.map(async (sdk) => (await sdk[all]?.(file)) ?? missing))
  process.stdout.write(`${JSON.stringify({ outcomes } satisfies SdkReport)}\n`)
}
