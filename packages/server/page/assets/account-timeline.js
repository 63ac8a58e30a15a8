import { element } from './element.js'
import { moment, took } from './format.js'
import { inLanguage, wordFor, words } from './language.js'
import { serverNow } from './server-time.js'

/** @typedef {import('../contract.js').TimelineEvent} TimelineEvent */

const tones = new Map([
  ['refreshed', 'good'],
  ['refresh-failed', 'bad'],
  ['rejected', 'bad'],
  ['foreign-refresh', 'bad'],
  ['lease-lost', 'bad'],
  ['served-stale', 'bad'],
])

/**
 * Creates the list of an account's events, newest first.
 *
 * @param {readonly TimelineEvent[]} events
 */
export function timelineList(events) {
  if (events.length === 0) return element('p', { class: 'timeline' }, words().noEvents)
  const now = serverNow()
  return element(
    'ol',
    { class: 'timeline', tabindex: '0', 'aria-label': words().events },
    ...events.map((event) => timelineItem(event, now)),
  )
}

/**
 * @param {TimelineEvent} event
 * @param {number} now
 */
function timelineItem(event, now) {
  const name = wordFor(words().eventNames, event.event)
  const hint = inLanguage(event.hint)
  return element(
    'li',
    { 'data-tone': tones.get(event.event) },
    element(
      'div',
      { class: 'what' },
      element('strong', {}, [name, event.ticket, ...generationOf(event)].filter(isGiven).join(' · ')),
      element('time', { datetime: new Date(event.at).toISOString(), class: 'number' }, moment(event.at, now)),
    ),
    element('div', { class: 'why' }, detailsOf(event).join(' · ')),
    hint && element('div', { class: 'why' }, hint),
  )
}

/** @param {string | undefined} part @returns {part is string} */
const isGiven = (part) => part !== undefined

/** @param {TimelineEvent} event */
function generationOf({ generation }) {
  return generation === undefined ? [] : [words().nthGeneration(generation)]
}

/**
 * Describes the reason and the cause of an event.
 *
 * @param {TimelineEvent} event
 */
export function detailsOf(event) {
  const text = words()
  return [
    event.reason && wordFor(text.reasons, event.reason),
    event.by && text.by(event.by),
    event.note && `“${event.note}”`,
    event.class && wordFor(text.classes, event.class),
    event.platform_code !== undefined && text.code(event.platform_code),
    event.duration_ms !== undefined && took(event.duration_ms),
  ].filter((part) => typeof part === 'string')
}
