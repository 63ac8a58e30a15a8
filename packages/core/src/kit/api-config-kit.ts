import { accountName, splitCredentials, type Account } from '../account.js'
import { assertCache } from '../cache/assert-cache.js'
import type { IAccessTokenCache } from '../cache.js'
import { ConfigError } from '../errors.js'
import { kitFetch } from './http-kit.js'
import { mapCache } from './map-cache.js'
import { newKitState, type KitConfig, type KitManager } from '../manager/kit-state.js'
import type { Logger } from '../logger.js'
import type { CredentialsOf, Provider } from '../provider.js'
import { registry } from '../manager/process-registry.js'
import { TokenManager } from '../manager/token-manager.js'
import type { TokenSource } from '../token-source.js'

/** One app: its public ids, and the source of its tokens. */
export interface ApiConfig extends Account {
  readonly source: TokenSource
}

/**
 * The configuration style of TNW: all apps configured in one place, on one manager of the process. An app is named by
 * its id (WeCom: its agentId), by all its ids (`corpId:agentId`), or by `provider:ids` if a shorter name is not unique.
 */
export const ApiConfigKit = {
  /** Stores records in `cache` from now on, for existing apps, too. @default a Map of this process */
  setAccessTokenCache(cache: IAccessTokenCache): void {
    assertCache(cache)
    const { kit } = registry
    void kit.manager?.close()
    kit.manager = undefined
    kit.cache = cache
  },

  /** Adds an app; the first one is the default. The same account with another secret replaces the old one. */
  putApiConfig<C>(provider: Provider<C>, credentials: CredentialsOf<C>): ApiConfig {
    const { account } = splitCredentials(provider.spec, credentials)
    const ids = Object.values(account.ids)
    // Escaped, so that `a:b` with `c` and `a` with `b:c` are two apps.
    const name = [account.provider, account.kind, ...ids].map((part) => encodeURIComponent(part)).join(':')
    const config: KitConfig = {
      name,
      aliases: [...new Set([accountName(account), ids.join(':'), ids.at(-1) ?? ''])],
      source: () => kitManager().source(provider, credentials),
    }
    const { configs } = registry.kit
    const old = configs.get(name)
    configs.set(name, config)
    if (old !== undefined && old.source() !== config.source()) kitManager().remove(old.source())
    return apiConfigOf(config)
  },

  /**
   * Returns the current app: the one of this async context, or else the default. @throws ConfigError if there is none
   */
  getApiConfig(): ApiConfig {
    const current = registry.currentApp.getStore()
    if (current !== undefined) return apiConfigOf(find(current))
    const [first] = registry.kit.configs.values()
    if (first === undefined) {
      throw new ConfigError(
        'ApiConfigKit: no app is configured',
        { field: 'appId', problem: 'missing' },
        { hint: 'Call ApiConfigKit.putApiConfig(provider, credentials) first.' },
      )
    }
    return apiConfigOf(first)
  },

  /** Returns an app. @throws ConfigError for an id that is unknown, or that several apps share */
  getApiConfigByAppId(appId: string | number): ApiConfig {
    return apiConfigOf(find(appId))
  },

  /** Removes an app and stops its timers. The next app becomes the default if it was. */
  removeApiConfig(appId: string | number): void {
    const config = find(appId)
    kitManager().remove(config.source())
    registry.kit.configs.delete(config.name)
  },

  /** Makes an app the current one for the rest of this async context. */
  setCurrentAppId(appId: string | number): void {
    enterApp('setCurrentAppId', find(appId).name)
  },

  /** Returns to the default app in this async context. */
  removeCurrentAppId(): void {
    enterApp('removeCurrentAppId', undefined)
  },

  /** Runs `fn` with an app as the current one, in everything that it awaits. */
  run<T>(appId: string | number, fn: () => T): T {
    return registry.currentApp.run(find(appId).name, fn)
  },

  /** Logs every event to the console; events contain neither tokens nor secrets. */
  setDevMode(isDevMode: boolean): void {
    registry.kit.isDevMode = isDevMode
  },

  /** Closes the kit's manager and removes all configuration. */
  async reset(): Promise<void> {
    const { kit } = registry
    const closing = kit.manager?.close()
    kit.configs.clear()
    Object.assign(kit, { ...newKitState(), configs: kit.configs })
    await closing
  },
} as const

function apiConfigOf(config: KitConfig): ApiConfig {
  const source = config.source()
  return { ...source.account, source }
}

/** Cloudflare's runtime has an `enterWith` that throws; other runtimes have none. */
function enterApp(method: string, name: string | undefined): void {
  try {
    registry.currentApp.enterWith(name)
  } catch {
    throw new ConfigError(
      `ApiConfigKit: ${method} needs AsyncLocalStorage.enterWith, which this runtime does not have`,
      { field: 'enterWith', problem: 'missing' },
      { hint: 'Call ApiConfigKit.run(appId, fn) instead: the app is the current one in everything that fn awaits.' },
    )
  }
}

function kitManager(): KitManager {
  const { kit } = registry
  return (kit.manager ??= new TokenManager({ cache: (kit.cache ??= mapCache()), fetch: kitFetch, logger: devLogger }))
}

function find(appId: string | number): KitConfig {
  const { configs } = registry.kit
  const wanted = `${appId}`.trim()
  const exact = configs.get(wanted)
  const found = exact === undefined ? [...configs.values()].filter(({ aliases }) => aliases.includes(wanted)) : [exact]
  const [config] = found
  if (config !== undefined && found.length === 1) return config
  if (config === undefined) {
    throw new ConfigError(`ApiConfigKit: no app ${JSON.stringify(wanted)} is configured`, {
      field: 'appId',
      problem: 'unknown',
    })
  }
  throw new ConfigError(
    `ApiConfigKit: ${JSON.stringify(wanted)} is the id of several apps`,
    { field: 'appId', problem: 'conflict' },
    { hint: `Use one of ${found.map(({ name }) => name).join(', ')}.` },
  )
}

function say(level: keyof Logger): (message: string, fields?: object) => void {
  return (message, fields) => {
    if (registry.kit.isDevMode) globalThis.console[level](message, fields)
  }
}

const devLogger: Logger = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
