import type { ProviderOverrides } from '@lingpai/core'
import type { DemoAccounts } from '@lingpai/testing'

/** What a process of the fleet is told. */
export interface MemberFacts {
  readonly member: number
  readonly cacheUrl: string
  readonly wechat: { readonly provider: ProviderOverrides; readonly credentials: DemoAccounts['wechat'] }
  readonly wecom: { readonly provider: ProviderOverrides; readonly credentials: DemoAccounts['wecom'] }
}

/** A line that a process prints. */
export type MemberLine =
  | { readonly event: 'ready' }
  | { readonly event: 'unhandled'; readonly what: string }
  | { readonly event: 'stalled'; readonly ms: number }
  | { readonly event: 'counts'; readonly calls: number; readonly failed: number }
