import { byId, element } from './element.js'

const kept = 5
const shownMs = 6000

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer

/**
 * Announces a change to screen readers; it is also visible on the cards.
 *
 * @param {string} text
 */
export function announce(text) {
  const log = byId('announcements', HTMLElement)
  log.append(element('p', {}, text))
  while (log.childElementCount > kept) log.firstElementChild?.remove()
}

/**
 * Shows and announces the result of a user's action.
 *
 * @param {string} text
 */
export function toast(text) {
  const place = byId('toast', HTMLElement)
  place.textContent = text
  clearTimeout(timer)
  timer = setTimeout(() => {
    place.textContent = ''
  }, shownMs)
}

/** Clears the messages before another user signs in. */
export function forgetAnnouncements() {
  byId('announcements', HTMLElement).replaceChildren()
  byId('toast', HTMLElement).textContent = ''
}
