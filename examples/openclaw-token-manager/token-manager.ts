import { TokenManager as LingpaiTokenManager, type IAccessTokenCache, type TokenSource } from '@lingpai/core'
import { qqBot } from '@lingpai/provider-qq-bot'

/** Many callers find one token rejected. A clear this soon after a new token is about the one before it, milliseconds. */
const sameRejectionMs = 2000

/**
 * The methods of `TokenManager` in OpenClaw's QQ plugin (openclaw/openclaw `extensions/qqbot/src/engine/api/token.ts`, read 2026-11-29),
 * on Lingpai. The plugin keeps tokens in the memory of one process, and requests another one for each caller that finds the old one
 * rejected. Here all processes that share the cache share the token, and a rejection costs one request.
 */
export class TokenManager {
  readonly #tokens: LingpaiTokenManager
  readonly #provider: typeof qqBot
  readonly #sources = new Map<string, TokenSource>()
  /** The token that each app was given last, and whether `clearCache` was called since. */
  readonly #given = new Map<string, { readonly token: string; readonly sinceMs: number; isCleared: boolean }>()

  /** @param provider @default qqBot; `qqBot.extend({ … })` for another host */
  constructor(cache: IAccessTokenCache, provider: typeof qqBot = qqBot) {
    this.#tokens = new LingpaiTokenManager({ cache })
    this.#provider = provider
  }

  async getAccessToken(appId: string, clientSecret: string): Promise<string> {
    const id = appId.trim()
    const source = this.#sourceOf(id, clientSecret)
    const given = this.#given.get(id)
    // 11244: the API's code for a token that is not valid. The plugin clears its cache when it meets it, and asks again.
    const token = given?.isCleared ? await source.reportRejected(given.token, 11244) : await source.getAccessToken()
    if (given?.token !== token) this.#given.set(id, { token, sinceMs: Date.now(), isCleared: false })
    return token
  }

  clearCache(appId?: string): void {
    for (const [id, given] of this.#given) {
      const isNew = Date.now() - given.sinceMs < sameRejectionMs
      if (!isNew && (appId === undefined || id === appId.trim())) given.isCleared = true
    }
  }

  getStatus(appId: string): { status: 'valid' | 'expired' | 'refreshing' | 'none'; expiresAt: number | null } {
    const status = this.#sources.get(appId.trim())?.status()
    const words = {
      valid: 'valid',
      expiring: 'valid',
      refreshing: 'refreshing',
      expired: 'expired',
      failing: 'expired',
    } as const
    return {
      status: status === undefined || status.state === 'none' ? 'none' : words[status.state],
      expiresAt: status?.expiresAtMs ?? null,
    }
  }

  startBackgroundRefresh(appId: string, clientSecret: string): void {
    void this.#sourceOf(appId.trim(), clientSecret).startBackgroundRefresh()
  }

  stopBackgroundRefresh(appId?: string): void {
    for (const [id, source] of this.#sources)
      if (appId === undefined || id === appId.trim()) source.stopBackgroundRefresh()
  }

  /** The plugin's has no end; with this one, the leases of refreshes under way are given back. */
  async close(): Promise<void> {
    await this.#tokens.close()
  }

  #sourceOf(appId: string, clientSecret: string): TokenSource {
    const source = this.#tokens.source(this.#provider, { appId, clientSecret })
    this.#sources.set(appId, source)
    return source
  }
}
