import type { KeptEvent } from './timeline-event.js'
import { timelineEventNames } from './timeline-event.js'

/** What is kept of one account. */
export const mostEvents = 200
/** Caches take values of 64 KiB. */
const mostCharacters = 60_000
/** Several servers are told of one refused token. */
const sameRejectionMs = 600_000

/** Two lists as one, newest first; what several servers saw of one happening stands in it once. */
export function mergeEvents(a: readonly KeptEvent[], b: readonly KeptEvent[]): readonly KeptEvent[] {
  const merged: KeptEvent[] = []
  const oldestFirst = [...a, ...b].sort((one, other) => one.at - other.at)
  for (const event of oldestFirst) {
    const index = merged.findIndex((known) => isSame(known, event))
    const known = merged[index]
    if (known === undefined) merged.push(event)
    // Whoever fetched it knows why.
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

function isSame(one: KeptEvent, other: KeptEvent): boolean {
  if (one.generation !== other.generation || one.ticket !== other.ticket) return false
  if (isArrival(one) && isArrival(other)) return one.expires_at === other.expires_at
  if (one.event !== other.event) return false
  if (one.event === 'rejected') return Math.abs(one.at - other.at) < sameRejectionMs
  return one.at === other.at && JSON.stringify(one) === JSON.stringify(other)
}

function isArrival({ event }: KeptEvent): boolean {
  return event === 'refreshed' || event === 'adopted'
}

/** The events that a text holds; what cannot be read is left out, and the next write heals it. */
export function readKeptEvents(text: string | null | undefined): readonly KeptEvent[] {
  try {
    const parsed: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(parsed) ? parsed.filter(isKeptEvent) : []
  } catch {
    return []
  }
}

function isKeptEvent(value: unknown): value is KeptEvent {
  const { at, event } = Object(value) as Partial<KeptEvent>
  return Number.isFinite(at) && timelineEventNames.some((name) => name === event)
}
