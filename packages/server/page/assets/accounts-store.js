import { api } from './api.js'
import { isTroubled } from './is-troubled.js'
import { languageTag } from './language.js'
import { learnServerTime } from './server-time.js'

/** @typedef {import('../contract.js').AccountStatus} AccountStatus */
/** @typedef {import('../contract.js').TimelineEvent} TimelineEvent */
/** @typedef {{ kind: 'list' } | { kind: 'status', account: string, before: AccountStatus | undefined } | { kind: 'timeline', account: string }} Change */

const keptEvents = 200
const timelinesAtOnce = 4

/** The accounts and timelines on the page. Calls `changed` for each change; views read from here and store nothing. */
export class AccountsStore {
  /** @param {(change: Change) => void} changed */
  constructor(changed) {
    /** @type {Map<string, AccountStatus>} */
    this.statuses = new Map()
    /** @type {Map<string, readonly TimelineEvent[]>} newest first */
    this.timelines = new Map()
    this.changed = changed
  }

  /** Returns the accounts by name, those that need attention first. */
  get list() {
    const { compare } = new Intl.Collator(languageTag(), { numeric: true })
    return [...this.statuses.values()].sort(
      (a, b) => Number(isTroubled(b)) - Number(isTroubled(a)) || compare(a.name, b.name),
    )
  }

  /** Reads the account list, then the timelines, a few at a time. Accounts that no longer exist are removed. */
  async load() {
    const { accounts } = await api.accounts()
    const names = accounts.map(({ name }) => name)
    for (const name of [...this.statuses.keys()].filter((known) => !names.includes(known))) {
      this.statuses.delete(name)
      this.timelines.delete(name)
    }
    for (const status of accounts) {
      learnServerTime(status)
      this.statuses.set(status.name, status)
    }
    this.changed({ kind: 'list' })
    const waiting = [...names]
    const next = async () => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await this.#loadTimeline(name)
    }
    await Promise.all(Array.from({ length: timelinesAtOnce }, next))
  }

  /** @param {AccountStatus} status */
  putStatus(status) {
    learnServerTime(status)
    const before = this.statuses.get(status.name)
    this.statuses.set(status.name, status)
    this.changed(before ? { kind: 'status', account: status.name, before } : { kind: 'list' })
  }

  /** @param {TimelineEvent & { readonly account: string }} entry */
  putEvent({ account, ...event }) {
    this.#putEvents(account, [event, ...(this.timelines.get(account) ?? [])])
  }

  /** @param {string} account */
  async #loadTimeline(account) {
    // Without its timeline an account is still shown; the next connection reads the timeline again.
    const answer = await api.timeline(account).catch(() => undefined)
    if (answer) this.#putEvents(account, [...answer.events, ...(this.timelines.get(account) ?? [])])
  }

  /**
   * Merges events. The stream and the list overlap, so an event may arrive by both.
   *
   * @param {string} account
   * @param {readonly TimelineEvent[]} events
   */
  #putEvents(account, events) {
    const once = new Map(events.map((event) => [[event.at, event.event, event.ticket, event.generation].join(), event]))
    const newestFirst = [...once.values()].sort((a, b) => b.at - a.at)
    this.timelines.set(account, newestFirst.slice(0, keptEvents))
    this.changed({ kind: 'timeline', account })
  }
}
