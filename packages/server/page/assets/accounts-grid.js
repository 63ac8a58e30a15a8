import { accountCard } from './account-card.js'
import { element } from './element.js'

/** @typedef {import('./accounts-store.js').AccountsStore} AccountsStore */
/** @typedef {import('../contract.js').AccountStatus} AccountStatus */
/** @typedef {{ refresh(account: string): void, reveal(account: string): void }} Actions */

/**
 * Creates a card for each account. Unaffected cards are not moved, so that users do not lose focus or reading position.
 *
 * @param {object} options
 * @param {AccountsStore} options.store
 * @param {Set<string>} options.open accounts whose events are expanded
 * @param {Actions | undefined} options.actions `undefined` without the role for them
 */
export function accountsGrid({ store, open, actions }) {
  /** @type {Map<string, ReturnType<typeof accountCard> & { item: HTMLElement }>} */
  const cards = new Map()
  const list = element('ul', { class: 'accounts' })

  const cardOf = (/** @type {AccountStatus} */ status) => {
    const { name } = status
    const made = accountCard({
      status,
      events: store.timelines.get(name) ?? [],
      isOpen: open.has(name),
      unfolded: (isOpen) => {
        if (isOpen) open.add(name)
        else open.delete(name)
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

  /** @param {(status: AccountStatus) => boolean} isShown */
  const arrange = (isShown) => {
    for (const name of [...cards.keys()].filter((known) => !store.statuses.has(known))) cards.delete(name)
    const items = store.list.map((status) => {
      const card = cards.get(status.name) ?? cardOf(status)
      cards.set(status.name, card)
      card.item.hidden = !isShown(status)
      return card.item
    })
    const isSame = items.length === list.children.length && items.every((item, at) => item === list.children[at])
    if (isSame) return
    const focused = document.activeElement
    list.replaceChildren(...items)
    // A moved element loses the focus.
    if (focused instanceof HTMLElement && list.contains(focused)) focused.focus({ preventScroll: true })
  }

  return {
    list,
    arrange,
    update: (/** @type {string} */ name) => {
      const status = store.statuses.get(name)
      if (status) cards.get(name)?.update(status)
    },
    updateEvents: (/** @type {string} */ name) => {
      cards.get(name)?.setEvents(store.timelines.get(name) ?? [])
    },
    tick: () => {
      for (const { tick } of cards.values()) tick()
    },
  }
}
