import { QQBotSender, type QQBotSenderOptions } from '../src/index.js'
import { withGateways, type GatewayWorld } from './gateway-world.js'

/** A world with a bot that sends. */
export type SendingWorld = GatewayWorld & {
  readonly sender: QQBotSender
  /** Paths of the messages that the platform took, and those it refused with their codes. */
  readonly posts: () => readonly { readonly path: string; readonly code: number | 'fault' }[]
}

/** One world with a sender for the length of `use`. */
export async function withSender(
  use: (world: SendingWorld) => Promise<void>,
  options: Partial<QQBotSenderOptions> = {},
): Promise<void> {
  await withGateways(async (world) => {
    const { simulator, source, clock } = world
    const sender = new QQBotSender({ source, clock, ...options })
    const posts: SendingWorld['posts'] = () =>
      simulator.ledger.entries.filter(({ endpoint }) => endpoint === 'api').map(({ path, code }) => ({ path, code }))
    await use({ ...world, sender, posts })
    sender.close()
  })
}

/** What a promise is rejected with, or what it gives. */
export const caught = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error)
