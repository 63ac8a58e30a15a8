import type { StoredEvent } from './timeline-event.js'
import { timelineEventNames } from './timeline-event.js'

/** Most events stored for one account. */
export const mostEvents = 200
/** Below the 64 KiB that every cache accepts as a value. */
const mostCharacters = 60_000
/** Several servers may receive reports about one rejected token; within this time they count as one event. */
const sameRejectionMs = 600_000

/** Merges two lists, newest first. An event that several servers saw appears once. */
export function mergeEvents(a: readonly StoredEvent[], b: readonly StoredEvent[]): readonly StoredEvent[] {
  const merged: StoredEvent[] = []
  const oldestFirst = [...a, ...b].sort((one, other) => one.at - other.at)
  for (const event of oldestFirst) {
    const index = merged.findIndex((known) => isSame(known, event))
    const known = merged[index]
    if (known === undefined) merged.push(event)
    // The server that fetched the token knows the reason.
    else if (known.event === 'adopted' && event.event === 'refreshed') merged[index] = event
  }
  const newest = merged
    .reverse()
    .sort((one, other) => other.at - one.at)
    .slice(0, mostEvents)
  let characters = 2
  const fitting = newest.findIndex((event) => (characters += JSON.stringify(event).length + 1) > mostCharacters)
  return fitting === -1 ? newest : newest.slice(0, fitting)
}

function isSame(one: StoredEvent, other: StoredEvent): boolean {
  if (one.generation !== other.generation || one.ticket !== other.ticket) return false
  if (isArrival(one) && isArrival(other)) return one.expires_at === other.expires_at
  if (one.event !== other.event) return false
  if (one.event === 'rejected') return Math.abs(one.at - other.at) < sameRejectionMs
  return one.at === other.at && JSON.stringify(one) === JSON.stringify(other)
}

function isArrival({ event }: StoredEvent): boolean {
  return event === 'refreshed' || event === 'adopted'
}

/** Parses stored events. Malformed entries are dropped; the next write repairs them. */
export function readStoredEvents(text: string | null | undefined): readonly StoredEvent[] {
  try {
    const parsed: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(parsed) ? parsed.filter(isStoredEvent) : []
  } catch {
    return []
  }
}

function isStoredEvent(value: unknown): value is StoredEvent {
  const { at, event } = Object(value) as Partial<StoredEvent>
  return Number.isFinite(at) && timelineEventNames.some((name) => name === event)
}
