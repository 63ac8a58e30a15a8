import type {
  IAccessTokenCache,
  LingpaiEventName,
  LingpaiEvents,
  TokenManagerOptions,
  TokenSource,
} from '@lingpai/core'
import { TokenManager } from '@lingpai/core'
import { memoryCache } from '@lingpai/cache-memory'
import { qqBot } from '@lingpai/provider-qq-bot'
import { wechatMp, wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { wecom } from '@lingpai/provider-wecom'
import { testClock, type TestClock } from '@lingpai/testing'
import { startSimulator, type Simulator, type SimulatorOptions } from '@lingpai/testing/simulator'

/** Names of the sources that {@link World.source} makes. */
export type SourceName = 'qq' | 'wechat' | 'wechatPlain' | 'wecom'

/** A simulator and managers on one test clock. */
export interface World {
  readonly clock: TestClock
  readonly simulator: Simulator
  /** Names of all events so far, of all managers. */
  readonly events: { readonly name: LingpaiEventName; readonly event: LingpaiEvents[LingpaiEventName] }[]
  count(name: LingpaiEventName): number
  manager(options?: Partial<TokenManagerOptions>): TokenManager
  source(name: SourceName, manager?: TokenManager): TokenSource
  close(): Promise<void>
}

/** Opens a world; the cache is in memory unless a manager is given another. */
export async function openWorld(options: SimulatorOptions = {}): Promise<World> {
  const clock = testClock()
  const simulator = await startSimulator({ clock, ...options })
  const managers: TokenManager[] = []
  const events: World['events'] = []
  const shared: IAccessTokenCache = memoryCache({ clock })
  const manager = (managerOptions: Partial<TokenManagerOptions> = {}): TokenManager => {
    const made = new TokenManager({ cache: shared, clock, random: () => 0.5, ...managerOptions })
    for (const name of eventNames) made.on(name, (event) => events.push({ name, event }))
    managers.push(made)
    return made
  }
  return {
    clock,
    simulator,
    events,
    count: (name) => events.filter((entry) => entry.name === name).length,
    manager,
    source: (name, own = managers[0] ?? manager()) => sourceOf(simulator, own, name),
    close: async () => {
      await Promise.all(managers.map((made) => made.close()))
      await simulator.close()
    },
  }
}

/** The source of a demo account. */
export function sourceOf(simulator: Simulator, manager: TokenManager, name: SourceName): TokenSource {
  const { qq, wechat, wecom: corp } = simulator.accounts
  switch (name) {
    case 'qq':
      return manager.source(simulator.provider(qqBot), qq)
    case 'wechat':
      return manager.source(simulator.provider(wechatMp), wechat)
    case 'wechatPlain':
      return manager.source(simulator.provider(wechatMpPlain), wechat)
    case 'wecom':
      return manager.source(simulator.provider(wecom), corp)
  }
}

const eventNames = [
  'refreshed',
  'adopted',
  'same-token',
  'served-stale',
  'rejected',
  'refresh-failed',
  'cache-failed',
  'cache-recovered',
  'unguarded-refresh',
  'lease-lost',
  'foreign-refresh',
  'closed',
] as const satisfies readonly LingpaiEventName[]

/** A path of each platform that only works with a live token. */
export const apiPath: Readonly<Record<SourceName, `/${string}`>> = {
  qq: '/users/@me',
  wechat: '/cgi-bin/getcallbackip',
  wechatPlain: '/cgi-bin/getcallbackip',
  wecom: '/cgi-bin/get_api_domain_ip',
}

export const second = 1000
export const minute = 60 * second
export const hour = 60 * minute
