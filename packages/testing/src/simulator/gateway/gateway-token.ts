import type { Clock } from '@lingpai/core'
import type { WritableLedger } from '../ledger.js'
import type { SimRequest } from '../platform.js'
import type { World } from '../world.js'
import type { TokenCheck } from './gateway-greeting.js'

/**
 * Checks the tokens of Identify and Resume as in an API call: dead tokens and IP allowlists apply, and the request ledger records them
 * as calls of `/websocket`.
 */
export function gatewayToken(world: World, ledger: WritableLedger, clock: Clock, ip: string): TokenCheck {
  return (header) => {
    const qq = world.platforms.get('qq')
    const request: SimRequest = {
      method: 'GET',
      path: '/websocket',
      query: new URLSearchParams(),
      headers: { authorization: header },
      text: '',
      ip,
    }
    const look = qq?.look(request)
    if (qq === undefined || look === undefined) return undefined
    const { code, token, dead } = qq.answer(request, look)
    ledger.write({
      atMs: clock.now(),
      platform: 'qq',
      endpoint: 'api',
      path: request.path,
      code,
      ...(look.account !== undefined && { account: look.account.id }),
      ...(token !== undefined && { tokenId: token.id }),
      ...(dead !== undefined && { dead }),
    })
    return code === 0 ? look.account : undefined
  }
}
