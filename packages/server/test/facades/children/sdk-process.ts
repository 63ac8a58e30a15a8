import { createInterface } from 'node:readline'
import type { Outcome, Sdk, SdkPlace } from './sdk.js'

/** What the process is told, a line each. */
export interface SdkOrder {
  /** Opens so many fresh instances in the place of those before. */
  readonly open?: { readonly instances: number; readonly place: SdkPlace }
  /** Then all instances do this at once. */
  readonly all: 'call' | 'ticket'
}

/** What it answers, a line each; in between stands what the SDK prints. */
export interface SdkReport {
  readonly outcomes: readonly Outcome[]
}

const openers: Readonly<Record<string, () => Promise<(place: SdkPlace) => Sdk>>> = {
  'co-wechat-api': async () => (await import('./co-wechat-api.js')).openCoWechatApi,
  'node-easywechat': async () => (await import('./node-easywechat.js')).openNodeEasywechat,
  tnwx: async () => (await import('./tnwx.js')).openTnwx,
}

const open = await (openers[process.argv[2] ?? ''] as (typeof openers)[string])()
let sdks: readonly Sdk[] = []
for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as SdkOrder
  if (order.open !== undefined) {
    const { instances, place } = order.open
    sdks = Array.from({ length: instances }, () => open(place))
  }
  const outcomes = await Promise.all(sdks.map((sdk) => sdk[order.all]()))
  process.stdout.write(`${JSON.stringify({ outcomes } satisfies SdkReport)}\n`)
}
