import { createInterface } from 'node:readline'
import { setImmediate as turn } from 'node:timers/promises'
import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager, type CredentialsOf, type Provider } from '@lingpai/core'
import { feishu } from '@lingpai/provider-feishu'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import { createClientKey } from '../../../src/keys/client-key.js'
import { clientKeys } from '../../../src/keys/client-keys.js'
import { startTokenServer, type StartOptions } from '../../../src/start-token-server.js'

/** What the process starts with. */
export interface ServerFacts {
  /** Base URLs of the token endpoints. */
  readonly tokens: { readonly wechat: string; readonly feishu: string }
  /** Base URL of both APIs. */
  readonly apis: string
  readonly accounts: {
    readonly wechat: CredentialsOf<{ appId: string; appSecret: string }>
    readonly feishu: CredentialsOf<{ appId: string; appSecret: string }>
  }
  readonly forward: NonNullable<StartOptions['forward']>
}

/** The first line that it prints. */
export interface ServerPlace {
  readonly url: string
  readonly key: string
}

/** What it prints for each line that it reads. */
export interface ServerMemory {
  /** Bytes of all buffers that are in use. */
  readonly buffers: number
}

/** Turns of the event loop before the memory is measured, in which the server reads whatever it would read. */
const turns = 20

const { tokens, apis, accounts, forward } = JSON.parse(process.argv[2] ?? '{}') as ServerFacts
const cache = memoryCache()
const manager = new TokenManager({ cache })
const served = <C>(name: 'wechat' | 'feishu', real: Provider<C>, credentials: CredentialsOf<C>) => {
  const provider = real.extend({ baseUrl: tokens[name], apiBaseUrl: apis })
  return { name, provider, source: manager.source(provider, credentials) }
}
const { text: key, key: stored } = createClientKey({ name: 'sdk', role: 'reader', accounts: '*' }, Date.now())
const server = await startTokenServer({
  accounts: [served('wechat', wechatMp, accounts.wechat), served('feishu', feishu, accounts.feishu)],
  ...{ manager, cache, keys: clientKeys([stored]), isKeeping: false, forward },
})
console.log(JSON.stringify({ url: server.url, key } satisfies ServerPlace))

for await (const _ of createInterface({ input: process.stdin })) {
  for (let count = 0; count < turns; count += 1) await turn()
  // The first one frees buffers in the background, and the second one waits for that.
  globalThis.gc?.()
  globalThis.gc?.()
  console.log(JSON.stringify({ buffers: process.memoryUsage().arrayBuffers } satisfies ServerMemory))
}
