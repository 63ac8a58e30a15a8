/// <reference lib="esnext.disposable" preserve="true" />
import type { Provider, RenewalSpec } from '@lingpai/core'
import type { AccountRef, DemoAccounts } from './accounts.js'
import type { QqGateway } from './gateway/qq-gateway.js'
import type { FaultHandle, FaultSpec } from './faults.js'
import type { Ledger } from './ledger.js'
import type { AccountChanges, MintOptions, RevokeOptions } from './world.js'

/** The platforms on one base URL, each below its name, such as `/qq`, and the admin API on `/_sim`. */
export interface Simulator {
  /** Base URL without a trailing slash: `http://127.0.0.1:40123`. */
  readonly url: string
  readonly timeScale: number
  /** Credentials of the first account of each platform. */
  readonly accounts: DemoAccounts
  readonly ledger: Ledger
  /** The WebSocket gateway of QQ bots. */
  readonly qqGateway: QqGateway
  /**
   * Returns the provider for this simulator: with its base URL, and with all times of its renewal divided by the time scale.
   *
   * @throws ConfigError for a provider whose platform is not simulated
   */
  provider<C>(provider: Provider<C>): Provider<C>
  /** Divides all times of a renewal description by the time scale. */
  scaled(renewal: Partial<RenewalSpec>): Partial<RenewalSpec>
  /** Adds a fault for future requests. */
  fault(spec: FaultSpec): FaultHandle
  /** Ends all faults. */
  clearFaults(): void
  /**
   * Revokes a token, or all tokens of an account, at once.
   *
   * @throws ConfigError for an unknown token or account
   */
  revoke(target: AccountRef, options?: RevokeOptions): void
  /** Issues a token as another party would get it directly from the platform. The ledger counts no request for it. */
  mint(account: AccountRef, options?: MintOptions): string
  /**
   * Pushes a new value of the credential that the platform pushes to its apps, such as Feishu's `app_ticket`. Earlier values are invalid.
   *
   * @returns the event as the platform sends it; an account with `pushUrl` gets it too
   * @throws ConfigError for a platform that pushes nothing
   */
  push(account: AccountRef): object
  /** Changes an account on the platform: IP allowlist, life, limits, or a reset secret. */
  change(account: AccountRef, changes: AccountChanges): void
  /** Advances the platforms' time by a client duration, as when the client's machine is suspended. */
  skipTime(ms: number): void
  /** Stops listening and terminates every connection, including hanging ones. */
  close(): Promise<void>
  /** Calls `close()`, so that `await using` closes the simulator. */
  [Symbol.asyncDispose](): Promise<void>
}
