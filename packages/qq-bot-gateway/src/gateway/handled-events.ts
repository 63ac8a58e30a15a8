import type { GatewaySession } from './protocol.js'

/** Tracks which events of a session have been handled, so that a successor resumes after them. */
export interface HandledEvents {
  /** Records that an event was handed out. @returns a function to call when it has been handled */
  begin(session: GatewaySession): () => void
  /** Returns the session as it was before the oldest event that is still being handled. */
  upTo(session: GatewaySession): GatewaySession
}

/** @param changed called when more events have been handled */
export function handledEvents(changed: () => void): HandledEvents {
  let sessionId: string | undefined
  /** Sequence numbers of events that are being handled, oldest first. */
  let open = new Set<number>()
  return {
    begin: ({ id, seq }) => {
      if (id !== sessionId) {
        sessionId = id
        open = new Set()
      }
      const ofSession = open
      ofSession.add(seq)
      return () => {
        if (ofSession.delete(seq) && ofSession === open) changed()
      }
    },
    upTo: (session) => {
      const [oldest] = session.id === sessionId ? open : []
      return oldest === undefined ? session : { id: session.id, seq: oldest - 1 }
    },
  }
}
