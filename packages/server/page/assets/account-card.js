import { detailsOf, timelineList } from './account-timeline.js'
import { button, element, icon, setText } from './element.js'
import { countdown, moment, span } from './format.js'
import { inLanguage, wordFor, words } from './language.js'
import { serverNow } from './server-time.js'

/** @typedef {import('../contract.js').AccountStatus} AccountStatus */
/** @typedef {import('../contract.js').TimelineEvent} TimelineEvent */

/** Below this share of its lifetime, a token's bar changes its color. */
const shortShare = 0.1

/** Number of created cards, for unique ids; `randomUUID` requires TLS. */
let cards = 0

/**
 * Creates the card of an account. Its element stays the same through all updates, so that focus and reading position are not lost.
 *
 * @param {object} options
 * @param {AccountStatus} options.status
 * @param {readonly TimelineEvent[]} options.events
 * @param {boolean} options.isOpen whether the events are expanded
 * @param {(isOpen: boolean) => void} options.unfolded
 * @param {{ refresh(): void, reveal(): void } | undefined} options.actions `undefined` without the role for them
 */
export function accountCard({ status: first, events, isOpen, unfolded, actions }) {
  const text = words()
  const id = `account-${++cards}`
  const head = headOf(first, id)
  const life = lifePart()
  const facts = factsPart()
  const trouble = troublePart()
  const timeline = timelinePart(events, isOpen, unfolded, first.name)
  const card = element(
    'article',
    { class: 'card', 'aria-labelledby': id },
    head.view,
    life.view,
    trouble.view,
    facts.view,
    element(
      'footer',
      {},
      actions &&
        element(
          'div',
          { class: 'actions' },
          actionButton(text.refresh, 'refreshing', first.name, actions.refresh),
          actionButton(text.reveal, 'reveal', first.name, actions.reveal),
        ),
      timeline.view,
    ),
  )
  let status = first
  const tick = () => {
    const now = serverNow()
    card.dataset['life'] = life.show(status, now)
    facts.show(status, now)
    trouble.show(status, now)
  }
  const update = (/** @type {AccountStatus} */ next) => {
    status = next
    card.dataset['state'] = status.state
    card.classList.toggle('troubled', status.last_failure !== undefined)
    head.show(status)
    tick()
  }
  update(first)
  return { card, update, tick, setEvents: timeline.show }
}

/**
 * @param {string} text
 * @param {string} picture
 * @param {string} account
 * @param {() => void} act
 */
function actionButton(text, picture, account, act) {
  const made = button(text, act, { 'aria-label': words().ofAccount(text, account) })
  made.prepend(icon(picture))
  return made
}

/**
 * @param {AccountStatus} status
 * @param {string} id
 */
function headOf({ name, provider, kind, ids }, id) {
  const chip = element('span', { class: 'chip' })
  // Some providers put a hash of what they request into the kind, so that keys differ.
  const shownKind = kind.replace(/-[0-9a-f]{32}$/, '')
  const view = element(
    'header',
    {},
    element(
      'div',
      {},
      element('h2', { id }, name),
      element('p', { class: 'which' }, `${wordFor(words().providers, provider)} · ${shownKind}`),
      element('p', { class: 'ids mono' }, Object.values(ids).join(' / ')),
    ),
    chip,
  )
  const show = (/** @type {AccountStatus} */ { state }) => {
    chip.replaceChildren(icon(state), wordFor(words().states, state))
  }
  return { view, show }
}

function lifePart() {
  const label = element('dt')
  // Screen readers do not announce a timer as it counts.
  const left = element('span', { role: 'timer' })
  const until = element('dd', { class: 'until number' })
  const bar = element('span')
  const view = element(
    'div',
    { class: 'life' },
    element('dl', {}, label, element('dd', { class: 'countdown' }, left), until),
    element('div', { class: 'bar', 'aria-hidden': 'true' }, bar),
  )
  /**
   * @param {AccountStatus} status
   * @param {number} now
   * @returns {string} the remaining share of the lifetime, for the colors
   */
  const show = ({ issued_at: from, expires_at: to, state }, now) => {
    const text = words()
    if (to === undefined || state === 'none') {
      setText(label, text.token)
      setText(left, text.noToken)
      setText(until, '')
      bar.style.setProperty('--left', '0')
      return 'none'
    }
    const leftMs = to - now
    const isOver = leftMs <= 0 || state === 'expired'
    setText(label, isOver ? text.token : text.expiresIn)
    const share = isOver ? 0 : Math.min(1, leftMs / Math.max(1, to - (from ?? now)))
    setText(left, isOver ? text.expired : countdown(leftMs))
    setText(until, text.until(moment(to, now)))
    bar.style.setProperty('--left', share.toFixed(4))
    if (isOver) return 'over'
    return share < shortShare ? 'short' : 'long'
  }
  return { view, show }
}

function factsPart() {
  const text = words()
  const generation = element('dd', { class: 'number' })
  const when = element('time')
  const how = element('small')
  const next = element('dd', { class: 'number' })
  const view = element(
    'dl',
    { class: 'facts' },
    element('dt', {}, text.generation),
    generation,
    element('dt', {}, text.lastRefresh),
    element('dd', {}, when, how),
    element('dt', {}, text.nextRefresh),
    next,
  )
  /**
   * @param {AccountStatus} status
   * @param {number} now
   */
  const show = ({ generation: number, last_refresh: last, refresh_at: at, last_failure: failure }, now) => {
    setText(generation, number === undefined ? '–' : String(number))
    setText(when, last ? text.ago(span(now - last.at)) : text.never)
    if (last) {
      when.dateTime = new Date(last.at).toISOString()
      when.title = moment(last.at, now)
    }
    setText(how, last ? detailsOf(last).join(' · ') : '')
    // After a failure no refresh starts before the pause has passed.
    setText(next, nextOf(failure ? Math.max(at ?? 0, failure.retry_at) : at, now))
  }
  return { view, show }
}

/**
 * @param {number | undefined} at
 * @param {number} now
 */
function nextOf(at, now) {
  if (at === undefined) return words().notPlanned
  return at - now < 1000 ? words().dueNow : words().ahead(span(at - now))
}

function troublePart() {
  const hint = element('p', { class: 'hint' })
  const said = element('p', { class: 'said' })
  const retry = element('p', { class: 'retry number' })
  const view = element('div', { class: 'failure', hidden: true }, hint, said, retry)
  /**
   * @param {AccountStatus} status
   * @param {number} now
   */
  const show = ({ last_failure: failure }, now) => {
    view.hidden = failure === undefined
    if (!failure) return
    const text = words()
    const waitMs = failure.retry_at - now
    setText(hint, inLanguage(failure.hint) ?? wordFor(text.classes, failure.class))
    setText(said, failure.message)
    setText(
      retry,
      [text.failures(failure.failures), waitMs > 0 ? text.nextTry(countdown(waitMs)) : text.nextTryNow].join(' · '),
    )
  }
  return { view, show }
}

/**
 * @param {readonly TimelineEvent[]} events
 * @param {boolean} isOpen
 * @param {(isOpen: boolean) => void} unfolded
 * @param {string} account
 */
function timelinePart(events, isOpen, unfolded, account) {
  const count = element('span', { class: 'number' })
  const body = element('div')
  const view = element(
    'details',
    { class: 'events', open: isOpen },
    element('summary', {}, words().events, element('span', { class: 'unseen' }, account), count),
    body,
  )
  let newest = events
  const fill = () => {
    setText(count, String(newest.length))
    const position = body.firstElementChild?.scrollTop ?? 0
    body.replaceChildren(...(view.open ? [timelineList(newest)] : []))
    if (body.firstElementChild) body.firstElementChild.scrollTop = position
  }
  view.addEventListener('toggle', () => {
    unfolded(view.open)
    fill()
  })
  fill()
  return {
    view,
    show: (/** @type {readonly TimelineEvent[]} */ next) => {
      newest = next
      fill()
    },
  }
}
