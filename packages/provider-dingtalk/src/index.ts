export {
  dingtalk,
  dingtalkOld,
  dingtalkUnified,
  type DingTalkCredentials,
  type DingTalkUnifiedCredentials,
} from './dingtalk.js'
export {
  dingtalkCorp,
  dingtalkSuite,
  suiteTickets,
  type DingTalkCorpCredentials,
  type DingTalkSuiteCredentials,
} from './suite.js'
export { jsapiTicket } from './tickets.js'
export type { PushedCredential } from '@lingpai/core/internal'
