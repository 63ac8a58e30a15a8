import { en } from './messages-en.js'
import { zh } from './messages-zh.js'
import { recall, remember } from './remembered.js'

/** @typedef {'en' | 'zh'} Language */

const tables = { en, zh }

/** @type {Language} */
let current = chosenLanguage()

/** The texts of the current language. Do not store them: the language may change. */
export const words = () => tables[current]

/** The current language for the `lang` attribute and `Intl`. */
export const languageTag = () => (current === 'zh' ? 'zh-CN' : 'en')

/** Returns the table's text for a name of the server, or the name itself.
 *
 * @param {Readonly<Record<string, string>>} table
 * @param {string} name
 */
export function wordFor(table, name) {
  return (Object.hasOwn(table, name) ? table[name] : undefined) ?? name
}

/**
 * Returns a text of the server that exists in one or both languages.
 *
 * @param {string | { readonly en?: string, readonly zh?: string } | undefined} text
 * @returns {string | undefined}
 */
export function inLanguage(text) {
  return typeof text === 'object' ? (text[current] ?? text.en ?? text.zh) : text
}

/** Switches to the other language and remembers it. */
export function switchLanguage() {
  current = current === 'zh' ? 'en' : 'zh'
  remember('language', current)
}

/** Updates the fixed parts of the page: `data-text`, and `data-label` for names that only screen readers use. */
export function translatePage() {
  const page = document.documentElement
  page.lang = languageTag()
  document.title = words().pageTitle
  for (const element of document.querySelectorAll('[data-text]')) {
    element.textContent = plainWord(element.getAttribute('data-text'))
  }
  for (const element of document.querySelectorAll('[data-label]')) {
    const word = plainWord(element.getAttribute('data-label'))
    element.setAttribute('aria-label', word)
    element.setAttribute('title', word)
  }
}

/** @param {string | null} name */
function plainWord(name) {
  const word = Object.entries(words()).find(([key]) => key === name)?.[1]
  return typeof word === 'string' ? word : ''
}

/** @returns {Language} */
function chosenLanguage() {
  const remembered = recall('language')
  if (remembered === 'en' || remembered === 'zh') return remembered
  const first = navigator.languages.find((tag) => /^(zh|en)\b/i.test(tag)) ?? navigator.language
  return /^zh\b/i.test(first) ? 'zh' : 'en'
}
