export type { Awaitable, CacheChange, CacheLease, CacheReach, IAccessTokenCache } from './cache.js'
export { classify, type ClassifierSpec, type ParsedReply, type Refusal } from './classify.js'
export { systemClock, type Clock, type Timer } from './clock.js'
export { defineProvider } from './define-provider.js'
export { errorClasses, type Endpoint, type ErrorClass, type PlatformCode } from './error-class.js'
export {
  CacheError,
  ClosedError,
  ConfigError,
  isLingpaiError,
  LeaseError,
  LingpaiError,
  MalformedAnswerError,
  PlatformError,
  TransportError,
  type AnyLingpaiError,
  type CacheErrorDetails,
  type ConfigErrorDetails,
  type LingpaiErrorCode,
  type LingpaiErrorOptions,
  type MalformedAnswerErrorDetails,
  type PlatformErrorDetails,
  type TransportErrorDetails,
} from './errors.js'
export type {
  AnswerSpec,
  CodeSpec,
  CredentialsOf,
  ErrorTable,
  Hint,
  PlacementSpec,
  Provider,
  ProviderOverrides,
  ProviderSpec,
  RenewalMode,
  RenewalSpec,
  RequestSpec,
  ResolvedCredentials,
  ResolvedRenewal,
  ResolvedSpec,
  Secret,
} from './provider.js'
export { coolDownMs, failurePolicy, type CoolDownFacts, type FailureAction } from './failure-policy.js'
export { readAnswer, type AnswerReaderSpec, type TokenAnswer } from './read-answer.js'
