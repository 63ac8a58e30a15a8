import type { Endpoint, ErrorTable } from '@lingpai/core'

/**
 * WeChat's codes by class, for both ways to a token.
 *
 * 40001 is a wrong secret at `token` and a replaced token at `api`. 42007 is about a user's own token: the app's token is
 * valid, and a refresh would not help.
 *
 * @see https://developers.weixin.qq.com/doc/channels/API/basics/commErrCode.html (read 2026-11-20)
 * @see https://developers.weixin.qq.com/doc/service/guide/dev/api (40243, 61004; read 2026-11-20)
 * @see https://github.com/binarywang/WxJava WxOpenErrorMsgEnum.java at 3e48dc7 (40164, 45035, 50004, 61024, 89501-89507)
 */
export const errorTables: Readonly<Record<Endpoint, ErrorTable>> = {
  token: {
    'credential-invalid': [40001, 40002, 40013, 40125, 40243, 41002, 41004],
    'ip-denied': [40164, 61004, 89501, 89503, 89506, 89507],
    permission: [43002, 50004, 50007, 61024],
    'rate-limited': [45011],
    'quota-exhausted': [45009],
    transient: [-1],
  },
  api: {
    'token-expired': [42001],
    'token-invalid': [40001, 40014],
    'ip-denied': [45035],
    permission: [41001, 48001, 48004, 50002],
    'needs-reauthorization': [42007],
    'rate-limited': [45011],
    'quota-exhausted': [45009],
    transient: [-1],
  },
}
