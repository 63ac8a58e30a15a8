import { api } from './api.js'
import { button, element, setText } from './element.js'
import { words } from './language.js'
import { ask } from './question.js'

const shownMs = 30_000
const stepMs = 250

/**
 * Shows the token of an account for 30 seconds after a confirmation. The token is fetched only then, and removed when the time is over, when
 * the dialog closes and when the user leaves the page.
 *
 * @param {string} account
 */
export function revealToken(account) {
  const text = words()
  let wipe = () => undefined
  ask({
    title: text.revealTitle(account),
    about: text.revealAbout,
    yes: text.revealNow,
    doing: text.revealing,
    act: () => api.token(account),
    done: ({ access_token: token }, dialog) => {
      if (dialog.isOpen()) wipe = showToken(account, token, dialog)
    },
    closed: () => wipe(),
  })
}

/**
 * @param {string} account
 * @param {string} token
 * @param {ReturnType<typeof import('./dialog.js').openDialog>} dialog
 * @returns {() => undefined} removes it
 */
function showToken(account, token, dialog) {
  const text = words()
  const place = element('code', { class: 'token', tabindex: '0', 'aria-label': text.revealedTitle(account) }, token)
  const removedIn = element('span', { class: 'number' })
  const note = element('span', { role: 'status' })
  const close = button(text.close, dialog.close)
  const copy = button(
    text.copy,
    () => {
      // Copying fails without TLS, or if the browser forbids it: the user can copy the selected text.
      Promise.resolve()
        .then(() => navigator.clipboard.writeText(place.textContent))
        .then(
          () => {
            setText(note, text.copied)
          },
          () => {
            getSelection()?.selectAllChildren(place)
            setText(note, text.copyFailed)
          },
        )
    },
    { class: 'primary' },
  )
  const until = Date.now() + shownMs
  const count = () => {
    const leftMs = until - Date.now()
    setText(removedIn, text.removedIn(Math.max(0, Math.ceil(leftMs / 1000))))
    if (leftMs <= 0) wipe()
  }
  const timer = setInterval(count, stepMs)
  const wipe = () => {
    clearInterval(timer)
    removeEventListener('pagehide', wipe)
    place.textContent = ''
    copy.remove()
    place.remove()
    removedIn.remove()
    setText(note, text.removed)
    return undefined
  }
  addEventListener('pagehide', wipe)
  dialog.show(
    text.revealedTitle(account),
    place,
    element('p', { class: 'removed-in' }, removedIn, ' ', note),
    element('div', { class: 'dialog-actions' }, close, copy),
  )
  count()
  copy.focus()
  return wipe
}
