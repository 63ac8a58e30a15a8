import type { wechatMp } from '@lingpai/provider-wechat-mp'

/** What a process of the fleet is told at its start. */
export interface MemberTask {
  readonly redisUrl: string
  readonly provider: Parameters<typeof wechatMp.extend>[0]
  readonly accounts: readonly { readonly appId: string; readonly appSecret: string }[]
  /** The first account that this process starts with, so that the processes are cold at different ones. */
  readonly first: number
  readonly callsPerSecond: number
  readonly betweenSamplesMs: number
}

/** What a process of the fleet reports. */
export interface MemberSample {
  /** After a garbage collection. */
  readonly heapBytes: number
  readonly residentBytes: number
  /** Calls since the last sample. */
  readonly calls: number
  readonly failed: number
  /** Longest delay of the event loop since the last sample. */
  readonly delayMs: number
  /** Processor time since the last sample. */
  readonly cpuMs: number
}

/** What a process of the fleet sends: that it has a token of every account, and then its samples. */
export type MemberMessage = 'warm' | MemberSample
