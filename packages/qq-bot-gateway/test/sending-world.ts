import { QQBotSender, type QQBotSenderOptions } from '../src/sending/index.js'
import { withGateways, type GatewayWorld } from './gateway-world.js'

/** A world with a sender. */
export type SendingWorld = GatewayWorld & {
  readonly sender: QQBotSender
  /** Paths of all messages, with the code of those that the platform rejected. */
  readonly posts: () => readonly { readonly path: string; readonly code: number | string }[]
}

/** Runs `use` with a new world and sender. */
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

/** Resolves to the rejection of a promise, or to its value. */
export const caught = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error)
