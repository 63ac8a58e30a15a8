import type { AnyLingpaiError, LingpaiEvents } from '@lingpai/core'
import type { Actors } from './actors.js'
import type { AccountRegister } from './account-register.js'
import type { ServedAccount } from './served-account.js'
import { timelineEventNames, type KeptEvent, type TimelineEventName } from './timeline-event.js'
import type { TokenServerOptions } from './token-server-options.js'

/** Something that happened to an account. */
export interface AccountNews {
  readonly account: ServedAccount
  readonly event: KeptEvent
  /** Whether the account has another token now. */
  readonly isRotation: boolean
}

/** The manager's events by the names of the accounts. */
export interface AccountFeed {
  /** @returns Ends the listening. */
  on(listener: (news: AccountNews) => void): () => void
  close(): void
}

/** What a feed stands on. */
export interface AccountFeedParts {
  readonly manager: TokenServerOptions['manager']
  readonly accounts: AccountRegister
  readonly actors: Actors
}

/** Listens to the manager. */
export function accountFeed({ manager, accounts, actors }: AccountFeedParts): AccountFeed {
  const listeners = new Set<(news: AccountNews) => void>()
  const tell = (name: TimelineEventName, happened: LingpaiEvents[TimelineEventName]): void => {
    const facts = factsOf(happened)
    for (const account of accounts.all()) {
      const ticket = ticketOf(account, happened)
      if (account.source.account !== happened.account && ticket === undefined) continue
      // Nobody keeps tickets: each is asked for by a client.
      const by = ticket === undefined ? actors.causeOf(account.source, { event: name, ...facts }) : undefined
      const event = {
        at: Math.round(happened.atMs),
        event: name,
        ...facts,
        ...(by && { by }),
        ...(ticket && { ticket }),
      }
      const isRotation = ticket === undefined && (name === 'refreshed' || name === 'adopted')
      for (const listener of [...listeners]) listener({ account, event, isRotation })
    }
  }
  const ends = timelineEventNames.map((name) =>
    manager.on(name, (happened) => {
      tell(name, happened)
    }),
  )
  return {
    on: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close: () => {
      for (const end of ends) end()
      listeners.clear()
    },
  }
}

/** The manager hands out one object for each account, so two accounts of one app are told apart by it. */
function ticketOf({ tickets = {} }: ServedAccount, { account }: LingpaiEvents[TimelineEventName]): string | undefined {
  return Object.entries(tickets).find(([, source]) => source.account === account)?.[0]
}

type Happened = LingpaiEvents[TimelineEventName]

function factsOf(happened: Happened): Partial<KeptEvent> {
  return {
    ...('generation' in happened && { generation: happened.generation }),
    ...('expiresAtMs' in happened && { expires_at: happened.expiresAtMs }),
    ...('reason' in happened && { reason: happened.reason }),
    ...('note' in happened && { note: happened.note.slice(0, 200) }),
    ...('upstreamMs' in happened && { duration_ms: Math.round(happened.upstreamMs) }),
    ...('code' in happened && happened.code !== undefined && { platform_code: happened.code }),
    ...('error' in happened && failureFacts(happened.error)),
  }
}

function failureFacts(error: AnyLingpaiError): Partial<KeptEvent> {
  if (error.code !== 'ERR_LINGPAI_PLATFORM') return { code: error.code }
  const { errorClass, platformCode, ip } = error.details
  return { code: error.code, class: errorClass, platform_code: platformCode, ...(ip !== undefined && { ip }) }
}
