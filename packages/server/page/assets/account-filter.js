import { element } from './element.js'
import { isTroubled } from './is-troubled.js'
import { wordFor, words } from './language.js'

/** @typedef {import('../contract.js').AccountStatus} AccountStatus */

/** Creates the settings of search and filter, which survive a change of language. */
export const newChoices = () => ({ search: '', onlyTroubled: false, /** @type {Set<string>} */ open: new Set() })

/**
 * Creates the search field and the filter.
 *
 * @param {ReturnType<typeof newChoices>} choices
 * @param {() => void} changed
 */
export function filterPart(choices, changed) {
  const text = words()
  const search = element('input', { type: 'search', placeholder: text.find, 'aria-label': text.find, name: 'find' })
  search.value = choices.search
  search.addEventListener('input', () => {
    choices.search = search.value
    changed()
  })
  const states = element(
    'select',
    { 'aria-label': text.show, name: 'show' },
    element('option', { value: 'all' }, text.showAll),
    element('option', { value: 'troubled', selected: choices.onlyTroubled }, text.showTroubled),
  )
  states.addEventListener('change', () => {
    choices.onlyTroubled = states.value === 'troubled'
    changed()
  })
  return element('div', { class: 'filter', role: 'search' }, search, states)
}

/**
 * Whether an account matches search and filter.
 *
 * @param {AccountStatus} status
 * @param {ReturnType<typeof newChoices>} choices
 */
export function fits(status, { search, onlyTroubled }) {
  if (onlyTroubled && !isTroubled(status)) return false
  const wanted = search.trim().toLowerCase()
  const { name, provider, kind, ids } = status
  const names = [name, provider, wordFor(words().providers, provider), kind, ...Object.values(ids)]
  return wanted === '' || names.some((one) => one.toLowerCase().includes(wanted))
}
