import type { AnyLingpaiError, LingpaiEvents } from '@lingpai/core'
import { accountIndex } from './account-index.js'
import type { Actors } from './actors.js'
import type { AccountRegister } from './account-register.js'
import type { ServedAccount } from './served-account.js'
import { timelineEventNames, type StoredEvent, type TimelineEventName } from '../audit/timeline-event.js'
import type { TokenServerOptions } from '../token-server-options.js'

/** An event of an account. */
export interface AccountEvent {
  readonly account: ServedAccount
  readonly event: StoredEvent
  /** Whether the account has a new token. */
  readonly isRotation: boolean
}

/** The manager's events, by account name. */
export interface AccountFeed {
  /** @returns stops listening */
  on(listener: (news: AccountEvent) => void): () => void
  close(): void
}

/** What a feed needs. */
export interface AccountFeedParts {
  readonly manager: TokenServerOptions['manager']
  readonly accounts: AccountRegister
  readonly actors: Actors
}

/** Creates a feed from the manager's events. */
export function accountFeed({ manager, accounts, actors }: AccountFeedParts): AccountFeed {
  const listeners = new Set<(news: AccountEvent) => void>()
  const accountsOf = accountIndex(accounts, ({ source, tickets = {} }) =>
    [source, ...Object.values(tickets)].map(({ account }) => account),
  )
  const emit = (name: TimelineEventName, happened: LingpaiEvents[TimelineEventName]): void => {
    const facts = factsOf(happened)
    for (const account of accountsOf(happened.account)) {
      const ticket = ticketOf(account, happened)
      // Tickets have no background refresh: each is requested by a client.
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
      emit(name, happened)
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

/** The manager has one account object for each account, so the object distinguishes two accounts of one app. */
function ticketOf({ tickets = {} }: ServedAccount, { account }: LingpaiEvents[TimelineEventName]): string | undefined {
  return Object.entries(tickets).find(([, source]) => source.account === account)?.[0]
}

type Happened = LingpaiEvents[TimelineEventName]

function factsOf(happened: Happened): Partial<StoredEvent> {
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

function failureFacts(error: AnyLingpaiError): Partial<StoredEvent> {
  if (error.code !== 'ERR_LINGPAI_PLATFORM') return { code: error.code }
  const { errorClass, platformCode, ip } = error.details
  return { code: error.code, class: errorClass, platform_code: platformCode, ...(ip !== undefined && { ip }) }
}
