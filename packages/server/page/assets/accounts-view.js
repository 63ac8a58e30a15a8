import { accountCard, isTroubled } from './account-card.js'
import { announce } from './announce.js'
import { element, setText } from './element.js'
import { wordFor, words } from './language.js'

/** @typedef {import('./accounts-store.js').AccountsStore} AccountsStore */
/** @typedef {import('../contract.js').AccountStatus} AccountStatus */

/** What a person has chosen on this view; it outlives a change of language. */
export const newChoices = () => ({ search: '', onlyTroubled: false, /** @type {Set<string>} */ open: new Set() })

/**
 * The accounts as cards, with search and filter above them.
 *
 * @param {object} options
 * @param {AccountsStore} options.store
 * @param {ReturnType<typeof newChoices>} options.choices
 * @param {{ refresh(account: string): void, reveal(account: string): void } | undefined} options.actions
 */
export function accountsView({ store, choices, actions }) {
  const text = words()
  /** @type {Map<string, ReturnType<typeof accountCard> & { item: HTMLElement }>} */
  const cards = new Map()
  const summary = element('p', { class: 'summary' })
  const list = element('ul', { class: 'accounts' })
  const empty = element('div', { class: 'empty', hidden: true })
  const view = element(
    'section',
    { 'aria-labelledby': 'accounts-title' },
    element(
      'div',
      { class: 'overview' },
      element('div', {}, element('h1', { id: 'accounts-title' }, text.accounts), summary),
      filterPart(choices, () => {
        showList()
      }),
    ),
    list,
    empty,
  )

  const cardOf = (/** @type {AccountStatus} */ status) => {
    const { name } = status
    const made = accountCard({
      status,
      events: store.timelines.get(name) ?? [],
      isOpen: choices.open.has(name),
      unfolded: (isOpen) => {
        if (isOpen) choices.open.add(name)
        else choices.open.delete(name)
      },
      actions: actions && {
        refresh: () => {
          actions.refresh(name)
        },
        reveal: () => {
          actions.reveal(name)
        },
      },
    })
    return { ...made, item: element('li', {}, made.card) }
  }

  /** Order and visibility; cards that stay are not touched. */
  const showList = () => {
    const all = store.list
    for (const name of [...cards.keys()].filter((known) => !store.statuses.has(known))) cards.delete(name)
    for (const status of all) if (!cards.has(status.name)) cards.set(status.name, cardOf(status))
    const items = all.map(({ name }) => cards.get(name)?.item).filter((item) => item !== undefined)
    if (items.length !== list.children.length || items.some((item, at) => item !== list.children[at])) {
      list.replaceChildren(...items)
    }
    const shown = all.filter((status) => fits(status, choices))
    for (const status of all) {
      const item = cards.get(status.name)?.item
      if (item) item.hidden = !shown.includes(status)
    }
    setText(summary, text.summary(all.length, all.filter(isTroubled).length))
    empty.hidden = shown.length > 0
    empty.replaceChildren(
      element('h2', {}, all.length === 0 ? text.noAccounts : text.noMatch),
      element('p', {}, all.length === 0 ? text.noAccountsAbout : text.noMatchAbout),
    )
  }

  showList()
  return {
    view,
    tick: () => {
      for (const { tick } of cards.values()) tick()
    },
    setStale: (/** @type {boolean} */ isStale) => {
      list.classList.toggle('stale', isStale)
    },
    apply: (/** @type {import('./accounts-store.js').Change} */ change) => {
      if (change.kind === 'timeline') {
        cards.get(change.account)?.setEvents(store.timelines.get(change.account) ?? [])
        return
      }
      if (change.kind === 'status') {
        const status = store.statuses.get(change.account)
        if (status) tell(status, change.before)
      }
      for (const [name, card] of cards) {
        const status = store.statuses.get(name)
        if (status && (change.kind === 'list' || change.account === name)) card.update(status)
      }
      showList()
    },
  }
}

/**
 * Search and filter.
 *
 * @param {ReturnType<typeof newChoices>} choices
 * @param {() => void} changed
 */
function filterPart(choices, changed) {
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
 * @param {AccountStatus} status
 * @param {ReturnType<typeof newChoices>} choices
 */
function fits(status, { search, onlyTroubled }) {
  if (onlyTroubled && !isTroubled(status)) return false
  const wanted = search.trim().toLowerCase()
  const { name, provider, kind, ids } = status
  const words_ = [name, provider, wordFor(words().providers, provider), kind, ...Object.values(ids)]
  return wanted === '' || words_.some((word) => word.toLowerCase().includes(wanted))
}

/**
 * Tells screen readers what has changed; a refresh that begins is no news, its end is.
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
