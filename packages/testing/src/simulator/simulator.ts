/// <reference lib="esnext.disposable" preserve="true" />
import type { Provider, RenewalSpec } from '@lingpai/core'
import type { AccountRef, DemoAccounts } from './accounts.js'
import type { QqGateway } from './gateway/qq-gateway.js'
import type { FaultHandle, FaultSpec } from './faults.js'
import type { Ledger } from './ledger.js'
import type { AccountChanges, MintOptions, RevokeOptions } from './world.js'

/** The platforms on one base URL: `/qq`, `/wechat`, `/wecom`, and the admin API on `/_sim`. */
export interface Simulator {
  /** `http://127.0.0.1:40123`, without a slash at the end. */
  readonly url: string
  readonly timeScale: number
  /** Credentials of the first account of each platform. */
  readonly accounts: DemoAccounts
  readonly ledger: Ledger
  /** The WebSocket gateway of QQ bots. */
  readonly qqGateway: QqGateway
  /**
   * The provider, turned to this simulator: base URL, and all times of its renewal divided by the time scale.
   *
   * @throws ConfigError for a provider whose platform is not simulated.
   */
  provider<C>(provider: Provider<C>): Provider<C>
  /** A renewal description with all its times divided by the time scale. */
  scaled(renewal: Partial<RenewalSpec>): Partial<RenewalSpec>
  /** Sets a fault for the coming requests. */
  fault(spec: FaultSpec): FaultHandle
  /** Ends all faults. */
  clearFaults(): void
  /**
   * Kills a token, or all tokens of an account, at once.
   *
   * @throws ConfigError when there is no such token or account.
   */
  revoke(target: AccountRef, options?: RevokeOptions): void
  /** A token as another party gets it who asks the platform directly. The ledger counts no request for it. */
  mint(account: AccountRef, options?: MintOptions): string
  /** Changes an account at the platform: white-list, life, limits, or a reset secret. */
  change(account: AccountRef, changes: AccountChanges): void
  /** Lets the platforms' time run on by so much of the clients' time, as it does while a client's machine sleeps. */
  skipTime(ms: number): void
  /** Stops listening and cuts every connection, also those that hang. */
  close(): Promise<void>
  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void>
}
