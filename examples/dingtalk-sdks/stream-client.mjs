import { DWClient } from 'dingtalk-stream'

/**
 * The Stream client of DingTalk, which requests a token with each call of `getAccessToken()`. Here the call takes the token that all
 * processes on the cache share.
 */
export class StreamClient extends DWClient {
  #app

  /**
   * @param {ConstructorParameters<typeof DWClient>[0]} options of `DWClient`; it connects to the gateway with the secret, as before
   * @param {import('@lingpai/core').TokenSource} app a source of `dingtalk`, or of `dingtalkOld` for a bot that calls the older API
   */
  constructor(options, app) {
    super(options)
    this.#app = app
  }

  async getAccessToken() {
    return this.#app.getAccessToken()
  }
}
