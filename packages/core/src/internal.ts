/** Functions that the packages of this repository share. Not public: they may change in any release. */
export { expandHome } from './files/expand-home.js'
export { codeOf, ignore, survive } from './files/system-error.js'
export { exposureOf, type Exposure } from './files/private-file.js'
export { assertReady } from './cache/assert-ready.js'
export { sendRequest } from './http/send-request.js'
export { retryAfterIn } from './http/retry-after.js'
export { holdingProcess } from './cache/hold-process.js'
export { recordKeyOf } from './source/record-key.js'
export { changeMessage, readChange } from './cache/change-message.js'
export { polledFeed, type FeedWatch } from './cache/polled-feed.js'
export { patientTimer } from './time/patient-timer.js'
export { faultHint, passes } from './failure/fault-hint.js'
export type {
  BilingualText,
  ConfigurableProvider,
  ManifestTicket,
  ProviderManifest,
  ProviderSettings,
  ToolEnv,
} from './provider-manifest.js'
export { onAbort } from './time/on-abort.js'
export { pauseUntilAborted } from './time/pause.js'
export { withDeadline } from './time/with-deadline.js'
export { configErrors } from './config-errors.js'
export { harmlessly } from './events.js'
export { headerValue, placementFor } from './provider/build-request.js'
export {
  classify,
  isTokenError,
  parseBody,
  type ApiErrorTables,
  type ClassifierSpec,
  type ParsedResponse,
  type ErrorResponse,
} from './provider/classify.js'
export { coolDownMs, failurePolicy, type CoolDownFacts, type FailureAction } from './failure/policy.js'
export { largestPeek, mayBeJson, tokenErrorIn } from './replay/find-token-error.js'
export { replay } from './replay/replay.js'
export { HandedOut } from './replay/handed-out.js'
export { renewalModes } from './provider/renewal-mode.js'
export { readResponse, type ResponseReaderSpec, type TokenResponse } from './provider/read-response.js'
export { parseObject } from './token-record.js'
export { accountName, credentialFields, hashOf, volatileFields } from './account.js'
export { networkFault, type NetworkFault } from './http/network-fault.js'
export { platformError } from './failure/upstream-errors.js'
export { pushedCredential, type PushedCredential } from './kit/pushed-credential.js'
export { signPage, ticketProvider, type PageSignature, type SignPageOptions } from './kit/sign-page.js'
