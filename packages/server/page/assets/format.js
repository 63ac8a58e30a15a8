import { languageTag, words } from './language.js'

const secondMs = 1000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/**
 * `1:52:07`, `3 d 04:05:06`; never below zero.
 *
 * @param {number} ms
 */
export function countdown(ms) {
  const seconds = Math.max(0, Math.ceil(ms / secondMs))
  const days = Math.floor(seconds / 86_400)
  const hours = Math.floor(seconds / 3600) % 24
  const rest = `${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`
  if (days > 0) return `${words().days(days)} ${pad(hours)}:${rest}`
  return hours > 0 ? `${hours}:${rest}` : rest
}

/**
 * `12 minutes ago`, `in 2 hours`.
 *
 * @param {number} fromNowMs
 */
export function relative(fromNowMs) {
  const format = new Intl.RelativeTimeFormat(languageTag(), { numeric: 'auto' })
  const size = Math.abs(fromNowMs)
  if (size < minuteMs) return format.format(Math.trunc(fromNowMs / secondMs), 'second')
  if (size < hourMs) return format.format(Math.trunc(fromNowMs / minuteMs), 'minute')
  if (size < dayMs) return format.format(Math.trunc(fromNowMs / hourMs), 'hour')
  return format.format(Math.trunc(fromNowMs / dayMs), 'day')
}

/**
 * The time of day; with the date where it is another day than `now`.
 *
 * @param {number} at Unix milliseconds
 * @param {number} now
 */
export function moment(at, now) {
  const isSameDay = new Date(at).toDateString() === new Date(now).toDateString()
  return new Intl.DateTimeFormat(languageTag(), {
    ...(!isSameDay && { month: 'short', day: 'numeric' }),
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(at)
}

/**
 * Without seconds, for the chart.
 *
 * @param {number} at Unix milliseconds
 * @param {boolean} withDay
 */
export function shortMoment(at, withDay) {
  return new Intl.DateTimeFormat(languageTag(), {
    ...(withDay && { month: 'short', day: 'numeric' }),
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(at)
}

/**
 * `132 ms`, `2.4 s`.
 *
 * @param {number} ms
 */
export function took(ms) {
  const isLong = ms >= secondMs
  return new Intl.NumberFormat(languageTag(), {
    style: 'unit',
    unit: isLong ? 'second' : 'millisecond',
    maximumFractionDigits: isLong ? 1 : 0,
  }).format(isLong ? ms / secondMs : ms)
}

/** @param {number} number */
function pad(number) {
  return String(number).padStart(2, '0')
}
