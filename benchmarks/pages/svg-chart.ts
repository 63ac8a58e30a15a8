import { ours } from '../contenders/contenders.js'
import type { Row, ScenarioResult } from '../harness/result-file.js'
import { figureText } from './figure-text.js'
import { sorted, yardsticks } from './row-order.js'
import type { Language, ScenarioText } from './scenario-texts.js'

const width = 760
const nameWidth = 190
const barWidth = 330
const rowHeight = 20
const titleHeight = 34
/** From this range on, a linear bar of the smallest value is not visible. */
const rangeOfLinear = 30

const style = `<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.note, .spread { fill: #59636e; font-size: 12px }
.bar { fill: #9aa4af }
.ours { fill: #0b6bcb }
.yardstick { fill: none; stroke: #9aa4af; stroke-dasharray: 3 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .note, .spread { fill: #9198a1 }
  .bar { fill: #6e7781 }
  .ours { fill: #4da3ff }
  .yardstick { stroke: #9198a1 }
}
</style>`

const words = {
  en: { higher: 'more is better', lower: 'less is better', log: 'logarithmic' },
  zh: { higher: '越多越好', lower: '越少越好', log: '对数刻度' },
} as const

/** A picture of a scenario's medians: a panel of horizontal bars for each measure, the best on top. */
export function svgChart(result: ScenarioResult, text: ScenarioText, language: Language): string {
  let y = 0
  const panels: string[] = []
  for (const [measure, { unit, better, rows }] of Object.entries(result.measures)) {
    if (rows.length === 0) continue
    const lengthOf = scaleOf(rows)
    const notes = [words[language][better], ...(lengthOf.isLog ? [words[language].log] : [])]
    const title = text.measures[measure]?.[language] ?? measure
    panels.push(
      `<text class="title" x="0" y="${y + 22}">${escaped(title)} <tspan class="note">(${notes.join(', ')})</tspan></text>`,
    )
    y += titleHeight
    for (const row of sorted(rows, better)) {
      panels.push(bar(row, lengthOf(row.median), y, figureText(row.median, unit), spreadText(row, unit)))
      y += rowHeight
    }
    y += 10
  }
  const label = escaped(text.title[language])
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" role="img" aria-label="${label}">
${style}
${panels.join('\n')}
</svg>
`
}

interface Scale {
  (value: number): number
  readonly isLog: boolean
}

function scaleOf(rows: readonly Row[]): Scale {
  const values = rows.map(({ median }) => median).filter((value) => value > 0)
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const isLog = most / least > rangeOfLinear
  const share = isLog
    ? (value: number) => Math.log(value / (least / 2)) / Math.log(most / (least / 2))
    : (value: number) => value / most
  return Object.assign((value: number) => (value > 0 ? Math.max(1, Math.round(barWidth * share(value))) : 0), { isLog })
}

function bar({ name }: Row, length: number, y: number, figure: string, spread: string): string {
  let kind = name === ours ? 'ours' : 'bar'
  if (yardsticks.includes(name)) kind = 'yardstick'
  const weight = name === ours ? ' class="title"' : ''
  return [
    `<text${weight} x="${nameWidth - 8}" y="${y + 14}" text-anchor="end">${escaped(name)}</text>`,
    `<rect class="${kind}" x="${nameWidth}" y="${y + 3}" width="${length}" height="${rowHeight - 6}"/>`,
    `<text${weight} x="${nameWidth + length + 6}" y="${y + 14}">${figure} <tspan class="spread">${spread}</tspan></text>`,
  ].join('')
}

function spreadText({ min, max }: Row, unit: Parameters<typeof figureText>[1]): string {
  return min === max ? '' : `(${figureText(min, unit)} – ${figureText(max, unit)})`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
