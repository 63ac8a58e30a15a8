export {
  cacheConformance,
  type CacheConformanceGap,
  type CacheConformanceOptions,
  type CacheConformanceTest,
  type OpenedCache,
} from './conformance/cache/cache-conformance.js'
export { chaosCache, type CacheOperation, type ChaosCache, type ChaosOptions, type ChaosPlan } from './chaos-cache.js'
export type { FleetBreach, Guarantee } from './fleet/fleet-breach.js'
export type { FleetProfile } from './fleet/fleet-plan.js'
export { simulateFleet, type FleetOptions, type FleetReport } from './fleet/simulate-fleet.js'
export type { FleetFigures } from './fleet/virtual-world.js'
export {
  providerConformance,
  type ProviderConformanceTest,
  type ProviderSamples,
  type ErrorSample,
} from './conformance/provider/provider-conformance.js'
export { testClock, type RunUntilOptions, type TestClock, type TestClockOptions } from './clock/test-clock.js'
export {
  demoAccounts,
  type AccountRef,
  type AccountsOptions,
  type DemoAccounts,
  type QqAccount,
  type WechatAccount,
  type WecomAccount,
} from './simulator/accounts.js'
export type { FaultEffect, FaultHandle, FaultScope, FaultSpec } from './simulator/faults.js'
export type { GatewayDisturbance, GatewayEffect } from './simulator/gateway/gateway-effect.js'
export type { RemoteGatewayState, RemoteQqGateway } from './simulator/gateway/gateway-calls.js'
export type { GatewayCounts, GatewayLedger, GatewayLedgerEntry } from './simulator/gateway/gateway-ledger.js'
export type { GatewaySettings } from './simulator/gateway/gateway-settings.js'
export type {
  DispatchOptions,
  DispatchReceipt,
  GatewayConnectionView,
  GatewaySessionView,
  QqGateway,
} from './simulator/gateway/qq-gateway.js'
export type { DeadFilter, Ledger, LedgerCounts, LedgerEntry, LedgerSummary } from './simulator/ledger.js'
export type { PlatformName } from './simulator/platform-name.js'
export type { AccountSettings } from './simulator/sim-account.js'
export {
  simulatorAdmin,
  type RemoteFault,
  type RemoteLedger,
  type SimulatorAdmin,
} from './simulator/simulator-admin.js'
export type { Simulator } from './simulator/simulator.js'
export { startSimulator, type SimulatorOptions } from './simulator/start-simulator.js'
export type { DeadKind } from './simulator/token-book.js'
export type { AccountChanges, MintOptions, RevokeOptions } from './simulator/world.js'
