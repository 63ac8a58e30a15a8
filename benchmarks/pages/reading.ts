import { ours } from '../contenders/contenders.js'
import type { Row, ScenarioResult } from '../harness/result-file.js'
import type { Measure } from '../harness/scenario.js'
import { figureText } from './figure-text.js'
import { leftOutTexts, type Language, type ScenarioText } from './scenario-texts.js'
import { sorted, yardsticks } from './row-order.js'

/** As many better peers are named. */
const mostNamed = 4

type MeasureResult = ScenarioResult['measures'][string]

/** What a measure shows, as a line of a list. Losses are named like wins. */
function readingOf(label: string, { unit, better, rows }: MeasureResult, language: Language): string {
  const own = rows.find(({ name }) => name === ours)
  if (own === undefined) return ''
  const peers = rows.filter(({ name }) => name !== ours && !yardsticks.includes(name))
  // What looks equal on the page is equal.
  const isEqual = ({ median }: Row): boolean => figureText(median, unit) === figureText(own.median, unit)
  const isBetter = ({ median }: Row): boolean => (better === 'lower' ? median < own.median : median > own.median)
  const equal = peers.filter(isEqual)
  const others = sorted(
    peers.filter((row) => !isEqual(row)),
    better,
  )
  const ahead = others.filter(isBetter)
  const next = others.find((row) => !isBetter(row))
  const yardstick = rows.find(({ name }) => yardsticks.includes(name))
  return sentences[language]({ label, own, ahead, equal, next, yardstick, peers: peers.length, unit })
}

interface Facts {
  readonly label: string
  readonly own: Row
  readonly ahead: readonly Row[]
  readonly equal: readonly Row[]
  readonly next: Row | undefined
  readonly yardstick: Row | undefined
  readonly peers: number
  readonly unit: Measure['unit']
}

const sentences: Readonly<Record<Language, (facts: Facts) => string>> = {
  en: ({ label, own, ahead, equal, next, yardstick, peers, unit }) => {
    const named = ahead.slice(0, mostNamed).map(({ name, median }) => `${name} (${figureText(median, unit)})`)
    const more = ahead.length > mostNamed ? ` and ${ahead.length - mostNamed} more` : ''
    const parts = [`**${label}**: Lingpai ${figureText(own.median, unit)}.`]
    if (peers > 0 && ahead.length > 0) parts.push(`Better: ${ahead.length} of ${peers}, ${named.join(', ')}${more}.`)
    if (peers > 0 && ahead.length === 0) parts.push(`None of ${peers} is better.`)
    if (equal.length > 0) parts.push(`Equal: ${equal.length}.`)
    if (next !== undefined && ahead.length === 0)
      parts.push(`The next is ${next.name}, ${figureText(next.median, unit)}.`)
    if (yardstick !== undefined) parts.push(`The yardstick: ${figureText(yardstick.median, unit)}.`)
    return parts.join(' ')
  },
  zh: ({ label, own, ahead, equal, next, yardstick, peers, unit }) => {
    const named = ahead.slice(0, mostNamed).map(({ name, median }) => `${name}（${figureText(median, unit)}）`)
    const more = ahead.length > mostNamed ? `等` : ''
    const parts = [`**${label}**：Lingpai 为 ${figureText(own.median, unit)}。`]
    if (peers > 0 && ahead.length > 0)
      parts.push(`${peers} 个中有 ${ahead.length} 个更好：${named.join('、')}${more}。`)
    if (peers > 0 && ahead.length === 0) parts.push(`${peers} 个中没有更好的。`)
    if (equal.length > 0) parts.push(`相同的有 ${equal.length} 个。`)
    if (next !== undefined && ahead.length === 0) parts.push(`其次是 ${next.name}，${figureText(next.median, unit)}。`)
    if (yardstick !== undefined) parts.push(`标尺为 ${figureText(yardstick.median, unit)}。`)
    return parts.join('')
  },
}

/** The list of a scenario's readings, and which libraries take no part and why. */
export function readings(result: ScenarioResult, text: ScenarioText, language: Language): string {
  const lines = Object.entries(result.measures).flatMap(([measure, found]) => {
    const line = readingOf(text.measures[measure]?.[language] ?? measure, found, language)
    return line === '' ? [] : [`- ${line}`]
  })
  const reasons = new Map<string, string[]>()
  for (const [name, reason] of Object.entries(result.leftOut)) {
    const why = leftOutTexts[reason][language]
    reasons.set(why, [...(reasons.get(why) ?? []), name])
  }
  const left = [...reasons].map(([why, names]) =>
    language === 'en' ? `Left out: ${names.join(', ')} (${why}).` : `未参与：${names.join('、')}（${why}）。`,
  )
  return [lines.join('\n'), ...(left.length > 0 ? [left.join(language === 'en' ? ' ' : '')] : [])].join('\n\n')
}
