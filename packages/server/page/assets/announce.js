import { byId, element } from './element.js'

const kept = 5
const shownMs = 6000

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer

/**
 * Tells screen readers of a change that others see on the cards.
 *
 * @param {string} text
 */
export function announce(text) {
  const log = byId('announcements', HTMLElement)
  log.append(element('p', {}, text))
  while (log.childElementCount > kept) log.firstElementChild?.remove()
}

/**
 * Tells everybody the outcome of what he did.
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

/** For when another person signs in. */
export function forgetAnnouncements() {
  byId('announcements', HTMLElement).replaceChildren()
  byId('toast', HTMLElement).textContent = ''
}
