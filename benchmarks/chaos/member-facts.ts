import type { LingpaiEventName, ProviderOverrides } from '@lingpai/core'
import type { DemoAccounts } from '@lingpai/testing'
import type { AccountName } from './journal.js'

/** In what a provider differs here from the one of the real platform. */
export type Changes = Pick<ProviderOverrides, 'baseUrl' | 'renewal' | 'perCode'>

/** What a process of the fleet is told. */
export interface MemberFacts {
  readonly member: number
  readonly cacheUrl: string
  readonly wechat: { readonly provider: Changes; readonly credentials: DemoAccounts['wechat'] }
  readonly wecom: { readonly provider: Changes; readonly credentials: DemoAccounts['wecom'] }
}

/** A line that a process prints. Moments are of `nowMs`. */
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

/** Headers by which a process tells the gate about a call; the platform ignores them. */
export const callHeaders = { member: 'x-member', chosenAtMs: 'x-chosen-at-ms', knew: 'x-knew' } as const

/** Codes by which the platforms call a token dead. */
export const deadCodes: ReadonlySet<unknown> = new Set([40001, 40014, 42001])
