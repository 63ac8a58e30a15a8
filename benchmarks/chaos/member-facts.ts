import type { LingpaiEventName, ProviderOverrides } from '@lingpai/core'
import type { DemoAccounts } from '@lingpai/testing/simulator'
import type { AccountName } from './journal.js'

/** How a provider differs from that of the real platform. */
export type Changes = Pick<ProviderOverrides, 'baseUrl' | 'renewal' | 'perCode'>

/** What a process of the fleet receives. */
export interface MemberFacts {
  readonly member: number
  readonly cacheUrl: string
  readonly wechat: { readonly provider: Changes; readonly credentials: DemoAccounts['wechat'] }
  readonly wecom: { readonly provider: Changes; readonly credentials: DemoAccounts['wecom'] }
}

/** A line that a process prints. Moments come from `nowMs`. */
export type MemberLine =
  | { readonly event: 'ready' }
  | { readonly event: 'unhandled'; readonly what: string }
  | { readonly event: 'stalled'; readonly fromMs: number; readonly toMs: number }
  | { readonly event: 'counts'; readonly calls: number; readonly failed: number }
  | {
      readonly event: 'heard'
      readonly account: AccountName
      readonly name: LingpaiEventName
      readonly text: string
      readonly atMs: number
    }

/** Headers that describe a call for the gate; the platform ignores them. */
export const callHeaders = { member: 'x-member', chosenAtMs: 'x-chosen-at-ms', knew: 'x-knew' } as const

/** The platforms' codes for a dead token. */
export const deadCodes: ReadonlySet<unknown> = new Set([40001, 40014, 42001])
