export type { Awaitable, CacheChange, CacheLease, CacheReach, IAccessTokenCache } from './cache.js'
export { systemClock, type Clock, type Timer, type TimerOptions } from './clock.js'
export { defineProvider } from './provider/define-provider.js'
export { errorClasses, type Endpoint, type ErrorClass, type PlatformCode } from './error-class.js'
export {
  CacheError,
  ClosedError,
  ConfigError,
  isLingpaiError,
  LeaseError,
  LingpaiError,
  MalformedResponseError,
  PlatformError,
  TransportError,
  UnavailableError,
  type AnyLingpaiError,
  type CacheErrorDetails,
  type ConfigErrorDetails,
  type LingpaiErrorCode,
  type LingpaiErrorOptions,
  type MalformedResponseErrorDetails,
  type PlatformErrorDetails,
  type TransportErrorDetails,
  type UnavailableErrorDetails,
} from './errors.js'
export type {
  ResponseSpec,
  CodeSpec,
  CredentialsOf,
  ErrorTable,
  Hint,
  ParentPlacementSpec,
  ParentProvider,
  PlacementSpec,
  Provider,
  ProviderOverrides,
  ProviderSpec,
  RenewalSpec,
  RequestFacts,
  RequestSpec,
  ResolvedCredentials,
  ResolvedRenewal,
  ResolvedSpec,
  Secret,
} from './provider.js'
export type { RenewalMode } from './provider/renewal-mode.js'
export { type Account } from './account.js'
export type { LingpaiEventName, LingpaiEvents, LingpaiHooks } from './events.js'
export type { Logger } from './logger.js'
export type { PlatformResponse, SecretRequestBuilder } from './platform-response.js'
export { TokenManager, type SourceOptions, type TokenManagerOptions } from './manager/token-manager.js'
export type { RefreshReason, TokenRecord } from './token-record.js'
export type {
  AdoptOptions,
  FailureSummary,
  GetTokenOptions,
  BackgroundRefreshOptions,
  OutsideToken,
  RefreshOptions,
  RejectedToken,
  SecretRequestOptions,
  SourceStatus,
  TokenSource,
} from './token-source.js'
export { AccessTokenApi } from './kit/access-token-api.js'
export { ApiConfigKit, type ApiConfig } from './kit/api-config-kit.js'
export type { HttpDelegate } from './http-delegate.js'
export { HttpKit } from './kit/http-kit.js'
