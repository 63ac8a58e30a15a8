import type { Contender } from '../harness/contender.js'
import type { Scenario } from '../harness/scenario.js'

/** Every contender, loaded only in the process that measures it. */
const loaders: Readonly<Record<string, () => Promise<Contender>>> = {
  yardstick: async () => (await import('./yardstick.js')).yardstick,
  Lingpai: async () => (await import('./lingpai.js')).lingpai,
  tnwx: async () => (await import('./tnwx.js')).tnwx,
  'node-easywechat': async () => (await import('./node-easywechat.js')).nodeEasywechat,
  'co-wechat-api': async () => (await import('./co-wechat-api.js')).coWechatApi,
  '@larksuiteoapi/node-sdk': async () => (await import('./larksuite-node-sdk.js')).larksuiteNodeSdk,
  'google-auth-library': async () => (await import('./google-auth-library.js')).googleAuthLibrary,
  '@azure/msal-node': async () => (await import('./msal-node.js')).msalNode,
  'simple-oauth2': async () => (await import('./simple-oauth2.js')).simpleOauth2,
  keyv: async () => (await import('./keyv.js')).keyv,
  cacheable: async () => (await import('./cacheable.js')).cacheable,
  bentocache: async () => (await import('./bentocache.js')).bentocache,
  'p-memoize': async () => (await import('./p-memoize.js')).pMemoizeContender,
  'lru-cache': async () => (await import('./lru-cache.js')).lruCache,
}

/** The name of Lingpai among the contenders. */
export const ours = 'Lingpai'

/** The name of the yardstick that lists show beside the contenders. */
export const yardstickName = 'yardstick'

/** Lingpai and every peer. */
export const allContenders: readonly string[] = Object.keys(loaders).filter((name) => name !== yardstickName)

/** Takes part in a scenario with many accounts in one process: everything that keeps them in one object. */
export const ofManyAccounts: Pick<Scenario, 'contenders' | 'leftOut'> = {
  contenders: [yardstickName, ours, 'tnwx', 'keyv', 'cacheable', 'bentocache', 'p-memoize', 'lru-cache'],
  leftOut: {
    'node-easywechat': 'one-client-for-each-account',
    'co-wechat-api': 'one-client-for-each-account',
    '@larksuiteoapi/node-sdk': 'one-client-for-each-account',
    'google-auth-library': 'one-client-for-each-account',
    '@azure/msal-node': 'one-client-for-each-account',
    'simple-oauth2': 'one-client-for-each-account',
  },
}

export async function loadContender(name: string): Promise<Contender> {
  const load = loaders[name]
  if (load === undefined) throw new TypeError(`no contender is named ${name}`)
  return load()
}
