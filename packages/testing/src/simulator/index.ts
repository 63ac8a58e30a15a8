export {
  demoAccounts,
  type AccountRef,
  type AccountsOptions,
  type DemoAccounts,
  type SimulatedAccount,
  type SimulatedCredentials,
} from './accounts.js'
export type { FaultEffect, FaultHandle, FaultScope, FaultSpec } from './faults.js'
export type { RemoteGatewayState, RemoteQqGateway } from './gateway/gateway-calls.js'
export type { GatewayDisturbance, GatewayEffect } from './gateway/gateway-effect.js'
export type { GatewayCounts, GatewayLedger, GatewayLedgerEntry } from './gateway/gateway-ledger.js'
export type { GatewaySettings } from './gateway/gateway-settings.js'
export type {
  DispatchOptions,
  DispatchReceipt,
  GatewayConnectionView,
  GatewaySessionView,
  QqGateway,
} from './gateway/qq-gateway.js'
export type { DeadFilter, Ledger, LedgerCounts, LedgerEntry, LedgerSummary } from './ledger.js'
export type { PlatformName } from './platform-name.js'
export type { AccountSettings } from './sim-account.js'
export { simulatorAdmin, type RemoteFault, type RemoteLedger, type SimulatorAdmin } from './simulator-admin.js'
export type { Simulator } from './simulator.js'
export { startSimulator, type SimulatorOptions } from './start-simulator.js'
export type { DeadKind } from './token-book.js'
export type { AccountChanges, MintOptions, RevokeOptions } from './world.js'
