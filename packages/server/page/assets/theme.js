import { recall, remember } from './remembered.js'

const root = document.documentElement

// `theme-early.js` set it before the first paint.
const isDark = () => root.dataset['theme'] === 'dark'

/**
 * Makes the button switch the theme. The page follows the system until the user chooses a theme.
 *
 * @param {HTMLButtonElement} button
 * @param {() => void} changed
 */
export function connectThemeSwitch(button, changed) {
  const system = matchMedia('(prefers-color-scheme: dark)')
  const apply = (/** @type {boolean} */ dark) => {
    root.dataset['theme'] = dark ? 'dark' : 'light'
    show(button)
    changed()
  }
  button.addEventListener('click', () => {
    const dark = !isDark()
    remember('theme', dark ? 'dark' : 'light')
    apply(dark)
  })
  system.addEventListener('change', () => {
    if (recall('theme') === null) apply(system.matches)
  })
  show(button)
}

/** @param {HTMLButtonElement} button */
function show(button) {
  button.setAttribute('aria-pressed', String(isDark()))
  button.querySelector('use')?.setAttribute('href', isDark() ? '#icon-light' : '#icon-dark')
}
