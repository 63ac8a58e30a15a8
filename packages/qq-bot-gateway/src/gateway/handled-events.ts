import type { GatewaySession } from './protocol.js'

/** How far a session has been handled: a successor resumes from there. */
export interface HandledEvents {
  /** An event of the session is handed out. @returns to be called when it is handled */
  begin(session: GatewaySession): () => void
  /** The session without what is still being handled, and without what came after that. */
  upTo(session: GatewaySession): GatewaySession
}

/** @param changed told when more has been handled */
export function handledEvents(changed: () => void): HandledEvents {
  let sessionId: string | undefined
  /** Numbers of events that are being handled, the oldest first. */
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
