import { activityFigures } from './activity-figures.js'
import { drawPlots } from './activity-plots.js'
import { element, setText } from './element.js'
import { moment, shortMoment, took } from './format.js'
import { languageTag, words } from './language.js'
import { serverNow } from './server-time.js'

/** @typedef {import('./accounts-store.js').AccountsStore} AccountsStore */
/** @typedef {import('./activity-figures.js').Range} Range */

/** Creates the settings of this view, which survive a change of language. */
export const newActivityChoices = () => ({ account: '', range: /** @type {Range} */ ('day'), isTableOpen: false })

/**
 * Creates the view of refreshes and upstream latency: figures, chart and table.
 *
 * @param {object} options
 * @param {AccountsStore} options.store
 * @param {ReturnType<typeof newActivityChoices>} options.choices
 */
export function activityView({ store, choices }) {
  const text = words()
  const head = headPart(store, choices, () => {
    draw()
  })
  const numbers = element('dl', { class: 'figures' })
  const bars = element('div', { class: 'plot' })
  const points = element('div', { class: 'plot' })
  const barsTitle = element('span')
  const readout = element('p', { class: 'readout', 'aria-hidden': 'true' })
  const table = tablePart(choices)
  const view = element(
    'section',
    { class: 'activity', 'aria-labelledby': 'activity-title' },
    head.view,
    element(
      'figure',
      {},
      numbers,
      element(
        'div',
        { class: 'plots', role: 'img', 'aria-label': text.chartName },
        element('div', {}, keyLine(barsTitle, ''), bars),
        element('div', {}, keyLine(element('span', {}, text.latency), 'round'), points),
      ),
      readout,
      table.view,
    ),
  )
  let erase = () => {}

  const draw = () => {
    view.hidden = store.statuses.size === 0
    const { account, range } = choices
    const timelines = account === '' ? [...store.timelines.values()] : [store.timelines.get(account) ?? []]
    const figures = activityFigures(timelines.flat(), range, serverNow())
    const withDay = range !== 'hour' && range !== 'day'
    setText(barsTitle, text.perBucket(text.buckets[range]))
    numbers.replaceChildren(...numbersOf(figures))
    setText(readout, figures.succeeded + figures.failed === 0 ? text.noActivity : '')
    table.show(figures, withDay)
    erase()
    erase = drawPlots({
      figures,
      withDay,
      bars,
      points,
      overBar: (at) => {
        const bucket = typeof at === 'number' ? figures.buckets[at] : undefined
        const { from, to, succeeded, failed } = bucket ?? { from: 0, to: 0, succeeded: 0, failed: 0 }
        setText(readout, bucket ? text.bucketReadout(span(from, to, withDay), succeeded, failed) : '')
      },
      overPoint: (at) => {
        const point = typeof at === 'number' ? figures.points[at] : undefined
        setText(readout, point ? text.latencyReadout(moment(point.at, serverNow()), took(point.tookMs)) : '')
      },
    })
  }
  return {
    view,
    draw,
    listChanged: head.fill,
    end: () => {
      erase()
    },
  }
}

/**
 * @param {AccountsStore} store
 * @param {ReturnType<typeof newActivityChoices>} choices
 * @param {() => void} changed
 */
function headPart(store, choices, changed) {
  const text = words()
  const account = element('select', { 'aria-label': text.account, name: 'activity-account' })
  const range = element(
    'select',
    { 'aria-label': text.range, name: 'activity-range' },
    ...Object.entries(text.ranges).map(([value, label]) =>
      element('option', { value, selected: value === choices.range }, label),
    ),
  )
  const fill = () => {
    const names = [...store.statuses.keys()].sort(new Intl.Collator(languageTag(), { numeric: true }).compare)
    if (!names.includes(choices.account)) choices.account = ''
    account.replaceChildren(
      element('option', { value: '' }, text.allAccounts),
      ...names.map((name) => element('option', { value: name }, name)),
    )
    account.value = choices.account
  }
  account.addEventListener('change', () => {
    choices.account = account.value
    changed()
  })
  range.addEventListener('change', () => {
    choices.range = /** @type {Range} */ (range.value)
    changed()
  })
  fill()
  const view = element(
    'div',
    { class: 'activity-head' },
    element('h2', { id: 'activity-title' }, text.activity),
    element('div', { class: 'activity-choices' }, account, range),
  )
  return { view, fill }
}

/**
 * @param {HTMLElement} title
 * @param {string} shape
 */
function keyLine(title, shape) {
  const text = words()
  return element(
    'p',
    { class: 'plot-title' },
    title,
    element('span', { class: `key ${shape}` }, text.succeeded),
    element('span', { class: `key failed ${shape}` }, text.failed),
  )
}

/** @param {import('./activity-plots.js').Figures} figures */
function numbersOf({ succeeded, failed, medianMs, slowestMs }) {
  const text = words()
  const rows = [
    [text.refreshes, String(succeeded + failed)],
    [text.failed, String(failed)],
    [text.median, medianMs === undefined ? '–' : took(medianMs)],
    [text.slowest, slowestMs === undefined ? '–' : took(slowestMs)],
  ]
  return rows.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value)))
}

/** @param {ReturnType<typeof newActivityChoices>} choices */
function tablePart(choices) {
  const text = words()
  const body = element('tbody')
  const head = [text.from, text.succeeded, text.failed, text.median].map((name) =>
    element('th', { scope: 'col' }, name),
  )
  const view = element(
    'details',
    { class: 'as-table', open: choices.isTableOpen },
    element('summary', {}, text.asTable),
    element(
      'div',
      { class: 'table-scroll', tabindex: '0', role: 'region', 'aria-labelledby': 'activity-title' },
      element('table', {}, element('thead', {}, element('tr', {}, ...head)), body),
    ),
  )
  view.addEventListener('toggle', () => {
    choices.isTableOpen = view.open
  })
  /**
   * @param {import('./activity-plots.js').Figures} figures
   * @param {boolean} withDay
   */
  const show = ({ buckets }, withDay) => {
    const rows = buckets.filter(({ succeeded, failed }) => succeeded + failed > 0).reverse()
    body.replaceChildren(
      ...rows.map(({ from, succeeded, failed, medianMs }) =>
        element(
          'tr',
          {},
          element('th', { scope: 'row' }, shortMoment(from, withDay)),
          element('td', {}, String(succeeded)),
          element('td', {}, String(failed)),
          element('td', {}, medianMs === undefined ? '–' : took(medianMs)),
        ),
      ),
    )
  }
  return { view, show }
}

/**
 * @param {number} from
 * @param {number} to
 * @param {boolean} withDay
 */
function span(from, to, withDay) {
  return `${shortMoment(from, withDay)} – ${shortMoment(to, false)}`
}
