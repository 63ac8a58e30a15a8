import uPlot from './uplot.js'
import { shortMoment } from './format.js'

/** @typedef {ReturnType<typeof import('./activity-figures.js').activityFigures>} Figures */

const axisPx = 44
const timeAxisPx = 28
const barsHeightPx = 140
const pointsHeightPx = 180
/** Refreshes are whole numbers. */
const wholeSteps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
/** Least height of the axis, so that a single refresh does not fill the chart. */
const fewestOnAxis = 4
const shortestOnAxisMs = 100

/**
 * Creates bars of refreshes and dots of latency, one above the other on the same time axis.
 *
 * @param {object} options
 * @param {Figures} options.figures
 * @param {boolean} options.withDay whether the time axis shows days
 * @param {HTMLElement} options.bars parent of the bars
 * @param {HTMLElement} options.points parent of the dots
 * @param {(bucket: number | null | undefined) => void} options.overBar
 * @param {(point: number | null | undefined) => void} options.overPoint
 */
export function drawPlots({ figures, withDay, bars, points, overBar, overPoint }) {
  const plots = [
    { at: bars, plot: barsPlot(figures, withDay, overBar, bars) },
    { at: points, plot: pointsPlot(figures, withDay, overPoint, points) },
  ]
  const observer = new ResizeObserver(() => {
    for (const { at, plot } of plots) {
      if (at.clientWidth > 0 && at.clientWidth !== plot.width)
        plot.setSize({ width: at.clientWidth, height: plot.height })
    }
  })
  for (const { at } of plots) observer.observe(at)
  return () => {
    observer.disconnect()
    for (const { plot } of plots) plot.destroy()
  }
}

/**
 * @param {Figures} figures
 * @param {boolean} withDay
 * @param {(bucket: number | null | undefined) => void} over
 * @param {HTMLElement} place
 */
function barsPlot({ buckets, start, end }, withDay, over, place) {
  const middle = buckets.map(({ from, to }) => (from + to) / 2000)
  const all = buckets.map(({ succeeded, failed }) => succeeded + failed)
  const paths = uPlot.paths.bars?.({ size: [0.72, 26, 2], radius: 0.12 })
  const series = (/** @type {string} */ stroke, /** @type {string} */ fill) => ({
    stroke: colour(stroke),
    fill: fill === '' ? colour('--surface') : colour(fill),
    width: 1.5,
    points: { show: false },
    ...(paths && { paths }),
  })
  return new uPlot(
    {
      ...commonOptions(place, barsHeightPx, withDay, start, end, over),
      // Failures are stacked on top of the successes.
      series: [{}, series('--bad', ''), series('--busy', '--busy')],
      scales: timeScales(start, end, fewestOnAxis),
      axes: axes(withDay, wholeSteps),
    },
    [
      middle,
      all.map((sum, at) => (buckets[at]?.failed ? sum : null)),
      buckets.map(({ succeeded }) => succeeded || null),
    ],
    place,
  )
}

/**
 * @param {Figures} figures
 * @param {boolean} withDay
 * @param {(point: number | null | undefined) => void} over
 * @param {HTMLElement} place
 */
function pointsPlot({ points, start, end }, withDay, over, place) {
  const series = (/** @type {string} */ stroke, /** @type {boolean} */ isFilled) => ({
    paths: () => null,
    points: {
      show: true,
      size: 8,
      width: 2,
      stroke: colour(stroke),
      fill: isFilled ? colour(stroke) : colour('--surface'),
    },
  })
  const valuesOf = (/** @type {boolean} */ wanted) =>
    points.map(({ tookMs, isGood }) => (isGood === wanted ? tookMs : null))
  return new uPlot(
    {
      ...commonOptions(place, pointsHeightPx, withDay, start, end, over),
      series: [{}, series('--busy', true), series('--bad', false)],
      scales: timeScales(start, end, shortestOnAxisMs),
      axes: axes(withDay),
    },
    [points.map(({ at }) => at / 1000), valuesOf(true), valuesOf(false)],
    place,
  )
}

/**
 * @param {HTMLElement} place
 * @param {number} height
 * @param {boolean} withDay
 * @param {number} start
 * @param {number} end
 * @param {(index: number | null | undefined) => void} over
 */
function commonOptions(place, height, withDay, start, end, over) {
  return {
    width: Math.max(place.clientWidth, 200),
    height,
    padding: /** @type {[number, number, number, number]} */ ([10, 22, 0, 0]),
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false, points: { show: false } },
    hooks: {
      setCursor: [
        (/** @type {uPlot} */ plot) => {
          over((plot.cursor.left ?? -1) < 0 ? undefined : plot.cursor.idx)
        },
      ],
    },
  }
}

/**
 * @param {number} start
 * @param {number} end
 * @param {number} least
 */
function timeScales(start, end, least) {
  return {
    x: { time: true, range: /** @type {[number, number]} */ ([start / 1000, end / 1000]) },
    y: {
      range: (/** @type {uPlot} */ _plot, /** @type {number} */ _low, /** @type {number} */ high) =>
        /** @type {[number, number]} */ ([0, Math.max(least, (Number.isFinite(high) ? high : 0) * 1.12)]),
    },
  }
}

/**
 * @param {boolean} withDay
 * @param {number[]} [steps] of the grid lines
 */
function axes(withDay, steps) {
  const font = `12px ${getComputedStyle(document.body).fontFamily}`
  const common = { stroke: colour('--ink-faint'), font, ticks: { show: false } }
  const grid = { stroke: colour('--line'), width: 1 }
  return [
    {
      ...common,
      grid: { show: false },
      size: timeAxisPx,
      space: withDay ? 96 : 64,
      values: (/** @type {uPlot} */ _plot, /** @type {number[]} */ splits) =>
        splits.map((at) => shortMoment(at * 1000, withDay)),
    },
    {
      ...common,
      grid,
      size: axisPx,
      space: 36,
      ...(steps && { incrs: steps }),
      values: (/** @type {uPlot} */ _plot, /** @type {number[]} */ splits) => splits.map(String),
    },
  ]
}

/** @param {string} name a color of `base.css` */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}
