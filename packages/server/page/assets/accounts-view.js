import { filterPart, fits } from './account-filter.js'
import { accountsGrid } from './accounts-grid.js'
import { announce } from './announce.js'
import { element, setText } from './element.js'
import { isTroubled } from './is-troubled.js'
import { wordFor, words } from './language.js'

/** @typedef {import('./accounts-store.js').AccountsStore} AccountsStore */
/** @typedef {import('../contract.js').AccountStatus} AccountStatus */

/**
 * Creates the view of the accounts: search, filter and cards.
 *
 * @param {object} options
 * @param {AccountsStore} options.store
 * @param {ReturnType<typeof import('./account-filter.js').newChoices>} options.choices
 * @param {import('./accounts-grid.js').Actions | undefined} options.actions
 */
export function accountsView({ store, choices, actions }) {
  const text = words()
  const summary = element('p', { class: 'summary' })
  const grid = accountsGrid({ store, open: choices.open, actions })
  const empty = element('div', { class: 'empty', hidden: true })
  const filter = filterPart(choices, () => {
    show()
  })

  const show = () => {
    const all = store.list
    grid.arrange((status) => fits(status, choices))
    filter.hidden = all.length === 0
    summary.hidden = all.length === 0
    setText(summary, text.summary(all.length, all.filter(isTroubled).length))
    empty.hidden = all.some((status) => fits(status, choices))
    empty.replaceChildren(
      element('h2', {}, all.length === 0 ? text.noAccounts : text.noMatch),
      element('p', {}, all.length === 0 ? text.noAccountsAbout : text.noMatchAbout),
    )
  }

  const view = element(
    'section',
    { 'aria-labelledby': 'accounts-title' },
    element(
      'div',
      { class: 'overview' },
      element('div', {}, element('h1', { id: 'accounts-title' }, text.accounts), summary),
      filter,
    ),
    grid.list,
    empty,
  )
  show()

  const apply = (/** @type {import('./accounts-store.js').Change} */ change) => {
    if (change.kind === 'timeline') {
      grid.updateEvents(change.account)
      return
    }
    if (change.kind === 'status') {
      const status = store.statuses.get(change.account)
      if (status) tell(status, change.before)
      grid.update(change.account)
    } else for (const { name } of store.list) grid.update(name)
    show()
  }

  return {
    view,
    apply,
    tick: grid.tick,
    setStale: (/** @type {boolean} */ isStale) => {
      grid.list.classList.toggle('stale', isStale)
    },
  }
}

/**
 * Announces a change to screen readers. The start of a refresh is not announced, but its end is.
 *
 * @param {AccountStatus} status
 * @param {AccountStatus | undefined} before
 */
function tell(status, before) {
  const text = words()
  const { name, state, generation } = status
  if (generation !== undefined && generation !== before?.generation) announce(text.announceToken(name, generation))
  else if (state !== before?.state && isTroubled(status))
    announce(text.announceState(name, wordFor(text.states, state)))
}
