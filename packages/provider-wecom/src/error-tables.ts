import type { Endpoint, ErrorTable } from '@lingpai/core'

/**
 * WeCom's codes by class.
 *
 * Unlike WeChat's, WeCom's 40001 is never a stale token: an expired one is rejected with 40014 or 42001. 40082, 42007 and
 * 42009 mean that a credential of another kind (suite token, pre_auth_code) has expired: a new token of the app would not help, so
 * they trigger no refresh.
 *
 * @see https://developer.work.weixin.qq.com/document/path/90313 (as in xen0n/go-workwx errcodes/mod.go, read 2026-11-20)
 * @see https://github.com/binarywang/WxJava WxCpErrorMsgEnum.java at 3e48dc7 (read 2026-11-20)
 */
export const errorTables: Readonly<Record<Endpoint, ErrorTable>> = {
  token: {
    'credential-invalid': [40001, 40013, 40080, 40083, 40085, 40091, 41002, 41004],
    // Documented for API calls; it means the same in a token response.
    'ip-denied': [60020],
    permission: [50003, 301007],
    'needs-reauthorization': [40084, 48004],
    'rate-limited': [45009, 45033],
    transient: [-1],
  },
  api: {
    'token-expired': [42001],
    'token-invalid': [40014],
    'credential-invalid': [40001, 40013, 40080, 40083, 40085, 40091],
    'ip-denied': [60020],
    permission: [
      40056, 40082, 40093, 41001, 41002, 41004, 41022, 42007, 42009, 42012, 48002, 48003, 50003, 60011, 301002, 301007,
    ],
    'needs-reauthorization': [40084, 48004],
    'rate-limited': [45009, 45033],
    transient: [-1, 6000],
  },
}
