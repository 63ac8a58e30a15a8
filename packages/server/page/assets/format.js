import { languageTag, words } from './language.js'

const secondMs = 1000

/**
 * Formats `1:52:07` or `3 d 04:05:06`; at least zero.
 *
 * @param {number} ms
 */
export function countdown(ms) {
  const seconds = Math.max(0, Math.ceil(ms / secondMs))
  const days = Math.floor(seconds / 86_400)
  const hours = Math.floor(seconds / 3600) % 24
  const rest = `${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`
  if (days > 0) return `${days} ${words().units.day} ${pad(hours)}:${rest}`
  return hours > 0 ? `${hours}:${rest}` : rest
}

/**
 * Formats `2 d 3 h`, `1 h 46 min` or `12 s`, with two units at most; at least zero.
 *
 * @param {number} ms
 */
export function span(ms) {
  const { units } = words()
  const seconds = Math.max(0, Math.round(ms / secondMs))
  const [minutes, hours, days] = [60, 3600, 86_400].map((unit) => Math.floor(seconds / unit))
  if (days) return `${days} ${units.day} ${(hours ?? 0) % 24} ${units.hour}`
  if (hours) return `${hours} ${units.hour} ${(minutes ?? 0) % 60} ${units.minute}`
  return minutes ? `${minutes} ${units.minute}` : `${seconds} ${units.second}`
}

/**
 * Formats the time of day, with the date if it is another day than `now`.
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
 * Formats a time without seconds, for the chart.
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
 * Formats `132 ms` or `2.4 s`.
 *
 * @param {number} ms
 */
export function took(ms) {
  return ms < secondMs ? `${Math.round(ms)} ms` : `${(ms / secondMs).toFixed(1)} s`
}

/** @param {number} number */
function pad(number) {
  return String(number).padStart(2, '0')
}
