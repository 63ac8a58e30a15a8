import { createHash } from 'node:crypto'
import type { TokenSource } from '@lingpai/core'
import { openFacadeWorld, type FacadeWorld, type FacadeWorldOptions } from '../facades/facade-world.js'
import { countingFront, type CountingFront } from './counting-front.js'

/** A token server behind a counting front. Its time stands still unless a test advances it; the clients have the machine's. */
export interface ClientWorld extends FacadeWorld {
  readonly front: CountingFront
  /** The server's source of the account `shop`, whose refreshes always give another token. */
  readonly source: TokenSource
  /** The server's token of `shop` as the drivers print it. */
  current(): { readonly token: string }
}

export async function openClientWorld(options: FacadeWorldOptions = {}): Promise<ClientWorld> {
  const world = await openFacadeWorld({ plain: true, ...options })
  const front = await countingFront(world.url)
  const { source } = world.accounts.get('shop')!
  return {
    ...world,
    front,
    source,
    current: () => ({
      token: createHash('sha256')
        .update(source.peek() ?? '')
        .digest('hex')
        .slice(0, 16),
    }),
    close: async () => {
      await front.stop()
      await world.close()
    },
  }
}
