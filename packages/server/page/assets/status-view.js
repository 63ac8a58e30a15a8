import { AccountsStore } from './accounts-store.js'
import { newChoices } from './account-filter.js'
import { accountsView } from './accounts-view.js'
import { activityView, newActivityChoices } from './activity-view.js'
import { RequestProblem } from './api.js'
import { byId, button, element, setText } from './element.js'
import { moment } from './format.js'
import { words } from './language.js'
import { openLiveLink } from './live-link.js'
import { refreshToken } from './refresh-token.js'
import { revealToken } from './reveal-token.js'
import { serverNow } from './server-time.js'

const tickMs = 1000
/** Delay of the chart, because events arrive in bursts and it is drawn once for all of them. */
const drawDelayMs = 200
const redrawMs = 60_000

/**
 * Creates the live view of a signed-in user.
 *
 * @param {object} options
 * @param {import('../contract.js').Session} options.session
 * @param {HTMLElement} options.place
 */
export function statusView({ session, place }) {
  const choices = newChoices()
  const activityChoices = newActivityChoices()
  const actions = session.role === 'admin' ? actionsOn(() => store) : undefined
  /** @type {{ accounts: ReturnType<typeof accountsView>, activity: ReturnType<typeof activityView> } | undefined} */
  let shown
  /** @type {import('./live-link.js').LinkState} */
  let link = 'connecting'
  /** @type {number | undefined} Unix milliseconds, by the server */
  let lostAt
  const notice = element('p', { class: 'notice warn', hidden: true })
  const redraw = onceIn(drawDelayMs, () => shown?.activity.draw())

  const store = new AccountsStore((change) => {
    if (!shown) {
      if (change.kind === 'list') show()
      return
    }
    shown.accounts.apply(change)
    if (change.kind === 'list') shown.activity.listChanged()
    if (change.kind !== 'status') redraw()
  })

  const show = () => {
    shown?.activity.end()
    shown = {
      accounts: accountsView({ store, choices, actions }),
      activity: activityView({ store, choices: activityChoices }),
    }
    place.replaceChildren(notice, shown.accounts.view, shown.activity.view)
    shown.activity.draw()
    showLink()
  }

  const showLink = () => {
    const text = words()
    const state = byId('link-state', HTMLElement)
    state.dataset['link'] = link
    state.hidden = false
    setText(byId('link-text', HTMLElement), text[link])
    notice.hidden = lostAt === undefined
    if (lostAt !== undefined) setText(notice, text.lostNotice(moment(lostAt, serverNow())))
    shown?.accounts.setStale(lostAt !== undefined)
  }

  const load = () => {
    store.load().catch((problem) => {
      if (!shown) place.replaceChildren(failedPart(problem, load))
    })
  }

  place.replaceChildren(element('p', { class: 'empty', role: 'status' }, words().loading))
  const closeLink = openLiveLink({
    changed: (state) => {
      lostAt = state === 'live' ? undefined : (lostAt ?? (state === 'lost' ? serverNow() : undefined))
      link = state
      showLink()
      // Read what was missed without the stream.
      if (state === 'live') load()
    },
    events: {
      status: (/** @type {import('../contract.js').AccountStatus} */ status) => {
        store.putStatus(status)
      },
      timeline: (/** @type {import('../contract.js').TimelineEvent & { account: string }} */ event) => {
        store.putEvent(event)
      },
    },
  })
  load()
  const ticking = setInterval(() => shown?.accounts.tick(), tickMs)
  const redrawing = setInterval(redraw, redrawMs)

  return {
    languageChanged: () => {
      if (shown) show()
      showLink()
    },
    themeChanged: redraw,
    close: () => {
      closeLink()
      clearInterval(ticking)
      clearInterval(redrawing)
      shown?.activity.end()
      shown = undefined
      byId('link-state', HTMLElement).hidden = true
    },
  }
}

/** @param {() => AccountsStore} store */
function actionsOn(store) {
  return {
    refresh: (/** @type {string} */ account) => {
      refreshToken(account, () => store().statuses.get(account)?.generation)
    },
    reveal: revealToken,
  }
}

/**
 * @param {unknown} problem
 * @param {() => void} again
 */
function failedPart(problem, again) {
  const text = words()
  return element(
    'div',
    { class: 'empty', role: 'alert' },
    element('h1', {}, text.loadFailed),
    element('p', {}, problem instanceof RequestProblem ? problem.summary : text.problems.network),
    button(text.tryAgain, again),
  )
}

/**
 * @param {number} delayMs
 * @param {() => void} act
 */
function onceIn(delayMs, act) {
  let isWaiting = false
  return () => {
    if (isWaiting) return
    isWaiting = true
    setTimeout(() => {
      isWaiting = false
      act()
    }, delayMs)
  }
}
