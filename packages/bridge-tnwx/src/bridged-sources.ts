import type { ConfigError, TokenSource } from '@lingpai/core'
import { configErrors, HandedOut } from '@lingpai/core/internal'
import type { TnwxConfig } from './tnwx.js'
import { tnwxEntryOf, tnwxFields, type TnwxEntry } from './tnwx-entry.js'

const configError = configErrors('bridgeTnwx')

interface BridgedSource {
  readonly source: TokenSource
  readonly entry: TnwxEntry
  /** The token that TNW was given last. */
  latest?: string
}

/** The sources of a bridge, by the names that TNW has for them. */
export class BridgedSources {
  readonly #sources = new Map<string, BridgedSource>()
  readonly #handedOut = new HandedOut()

  /** @throws ConfigError as {@link add} */
  addAll(sources: Iterable<TokenSource>): void {
    if (!isList(sources)) throw notSources()
    for (const source of sources) this.add(source)
  }

  /** @throws ConfigError for what is not a source, a source of another platform, and a second one of the same app */
  add(source: TokenSource): void {
    if (!isSource(source)) throw notSources()
    const entry = tnwxEntryOf(source.account)
    if (entry === undefined) {
      throw configError(
        'sources',
        `must be tokens and tickets of WeChat and WeCom, not of ${String(source)}`,
        'conflict',
      )
    }
    const name = nameOf(entry.kit, entry.key)
    if (this.#sources.has(name)) throw configError('sources', `has two sources for ${String(source)}`, 'conflict')
    this.#sources.set(name, { source, entry })
  }

  has(kit: TnwxEntry['kit'], key: string): boolean {
    return this.#sources.has(nameOf(kit, key))
  }

  /** A usable token or ticket as TNW stores it; `undefined` for an app that has no source here. */
  async fieldsAt(kit: TnwxEntry['kit'], key: string): Promise<object | undefined> {
    const bridged = this.#sources.get(nameOf(kit, key))
    return bridged && this.#fieldsOf(bridged)
  }

  /** Another token than the one that TNW was given last, if a request of TNW is one for a token of an app that has a source here. */
  anotherToken(url: string, configs: Iterable<TnwxConfig>): Promise<object> | undefined {
    const bridged = URL.canParse(url) ? this.#askedFor(new URL(url), configs) : undefined
    return bridged && this.#replaced(bridged)
  }

  /** The source of a token that TNW was given. */
  sourceOf(token: string): TokenSource | undefined {
    return this.#handedOut.sourceOf(token)
  }

  async #replaced(bridged: BridgedSource): Promise<object> {
    // While TNW finds a token in the bridge's cache, it asks for one only if its program says that this one is not good.
    if (bridged.latest !== undefined) await bridged.source.reportRejected(bridged.latest)
    return this.#fieldsOf(bridged)
  }

  async #fieldsOf(bridged: BridgedSource): Promise<object> {
    const { source, entry } = bridged
    const record = await source.getRecord()
    if (entry.field === 'access_token') {
      bridged.latest = record.value
      this.#handedOut.add(record.value, source)
    }
    return tnwxFields(entry, record)
  }

  #askedFor({ pathname, searchParams }: URL, configs: Iterable<TnwxConfig>): BridgedSource | undefined {
    if (pathname.endsWith('/cgi-bin/token'))
      return this.#sources.get(nameOf('ApiConfigKit', searchParams.get('appid') ?? ''))
    if (!pathname.endsWith('/cgi-bin/gettoken')) return undefined
    const corpId = searchParams.get('corpid')
    const agents = [...this.#sources.values()].filter(
      ({ source, entry }) => entry.field === 'access_token' && source.account.ids['corpId'] === corpId,
    )
    if (agents.length < 2) return agents[0]
    // TNW's request names the corporation and the secret, but not the app.
    const secret = searchParams.get('corpsecret')
    const ids = [...configs]
      .filter(({ getCorpId, getAppScrect }) => getCorpId === corpId && getAppScrect === secret)
      .map(({ getAppId }) => getAppId)
    const meant = agents.filter(({ source }) => ids.includes(source.account.ids['agentId'] ?? ''))
    if (meant.length === 1) return meant[0]
    throw configError(
      'sources',
      `has ${agents.length} apps of ${String(corpId)}, and no ApiConfig tells which one is meant`,
      'conflict',
    )
  }
}

function nameOf(kit: TnwxEntry['kit'], key: string): string {
  return `${kit} ${key}`
}

function notSources(): ConfigError {
  return configError('sources', 'must be a list of sources: [tokens.source(wechatMp, app)]')
}

// Programs without types may give anything.
function isList(given: unknown): boolean {
  return Symbol.iterator in Object(given)
}

function isSource(given: unknown): boolean {
  const { account, getRecord } = Object(given) as Partial<TokenSource>
  return typeof account === 'object' && typeof getRecord === 'function'
}
