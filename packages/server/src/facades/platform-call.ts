import type { Identity } from '../forward/identity.js'

/** What the handler of a route returns for a call that only the platform can respond to: the forwarder sends it on. */
export class PlatformCall {
  readonly identity: Identity

  /** @param identity the client, whose call has been counted, and the account */
  constructor(identity: Identity) {
    this.identity = identity
  }
}
