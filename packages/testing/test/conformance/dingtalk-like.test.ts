import { defineProvider, type Secret } from '@lingpai/core'
import { providerConformance } from '@lingpai/testing/conformance'

// The size of this file is a promise of the docs: a platform that we do not know takes at most 50 lines.
const dingTalkLike = defineProvider<{ readonly appKey: string; readonly appSecret: Secret }>({
  id: 'dingtalk-like',
  source: { url: 'https://open.dingtalk.com/document/', readOn: '2026-11-20' },
  account: ['appKey'],
  secrets: ['appSecret'],
  env: { appKey: ['DINGTALK_APP_KEY'], appSecret: ['DINGTALK_APP_SECRET'] },
  renewal: { mode: 'extend', attemptsAtSeconds: [600] },
  response: { token: 'accessToken', expiresIn: 'expireIn', code: ['code'], message: 'message' },
  placement: { in: 'header', name: 'x-acs-dingtalk-access-token' },
  errors: {
    token: { 'credential-invalid': ['invalidClientIdOrSecret'], 'rate-limited': ['Throttling'] },
    api: { 'token-invalid': ['InvalidAuthentication'], permission: ['Forbidden.AccessDenied'] },
  },
  request: ({ appKey, appSecret }) => ({
    method: 'POST',
    url: 'https://api.dingtalk.com/v1.0/oauth2/accessToken',
    json: { appKey, appSecret },
  }),
})

providerConformance(test, dingTalkLike, {
  credentials: { appKey: 'ding1', appSecret: 'secret' },
  ok: { accessToken: 'D1', expireIn: 7200 },
  tokenErrors: [
    { status: 400, body: { code: 'invalidClientIdOrSecret', message: 'm' }, errorClass: 'credential-invalid' },
  ],
  apiErrors: [{ status: 401, body: { code: 'InvalidAuthentication', message: 'm' }, errorClass: 'token-invalid' }],
})
