import { ApiConfigKit } from './api-config-kit.js'
import type { GetTokenOptions, TokenSource } from '../token-source.js'
import type { TokenRecord } from '../token-record.js'

/** Access to the tokens of the apps in {@link ApiConfigKit}. */
export const AccessTokenApi = {
  /** Returns a usable token of the current app, or of the given one. @throws as `TokenSource.getAccessToken` does */
  async getAccessToken(appId?: string | number, options?: GetTokenOptions): Promise<string> {
    return sourceOf(appId).getAccessToken(options)
  },

  /**
   * Forces a refresh of the current app, or of the given one. @throws as `TokenSource.refresh` does; never resolves
   * with an error
   */
  async refreshAccessToken(appId?: string | number): Promise<TokenRecord> {
    return sourceOf(appId).refresh()
  },
} as const

function sourceOf(appId: string | number | undefined): TokenSource {
  const { source } = appId === undefined ? ApiConfigKit.getApiConfig() : ApiConfigKit.getApiConfigByAppId(appId)
  return source
}
