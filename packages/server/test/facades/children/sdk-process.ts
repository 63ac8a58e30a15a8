import { createInterface } from 'node:readline'
import type { Outcome, Sdk, SdkPlace } from './sdk.js'

/** A command to the process, one per line. */
export interface SdkOrder {
  /** Replaces all instances by this many new ones. */
  readonly open?: { readonly instances: number; readonly place: SdkPlace }
  /** Makes all instances do this at once. */
  readonly all: 'call' | 'ticket'
}

/** A result, one per line, between the output of the SDK. */
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
