import type { TokenSource } from '@lingpai/core'
import type { Actors } from '../accounts/actors.js'

/** A source whose refreshes and rejections are attributed to a caller in timeline and log. */
export function attributed(
  actAs: Actors['actAs'],
  name: string,
  source: TokenSource,
): Pick<TokenSource, 'getAccessToken' | 'reportRejected'> {
  return {
    getAccessToken: (options) => {
      const get = (): Promise<string> => source.getAccessToken(options)
      // A token in memory causes no event.
      return source.peek() === undefined ? actAs(name, source, 'token', get) : get()
    },
    reportRejected: (...report) => actAs(name, source, 'rejection', () => source.reportRejected(...report)),
  }
}
