import type { ScenarioResult } from '../harness/result-file.js'
import { spreadOf } from '../harness/statistics.js'
import { readings } from '../pages/reading.js'
import { sizesText } from '../pages/sizes-text.js'

const text = { title: both('title'), what: both('what'), measures: { requests: both('requests') } }

function both(word: string) {
  return { en: word, zh: word }
}

function resultOf(medians: Readonly<Record<string, number>>): ScenarioResult {
  const rows = Object.entries(medians).map(([name, value]) => ({ name, ...spreadOf([value]) }))
  return {
    commit: 'abc1234',
    mode: 'quick',
    sizes: { rounds: 1, accounts: 1000, lifeSeconds: 20 },
    leftOut: {},
    measures: { requests: { unit: 'ratio', better: 'lower', rows } },
  }
}

test('a reading calls equal what the page shows as the same figure', () => {
  const result = resultOf({ Lingpai: 1, keyv: 0.9995, cacheable: 0.9, tnwx: 1.5 })
  expect(readings(result, text, 'en')).toBe('- **requests**: Lingpai 1. Better: 1 of 3, cacheable (0.9). Equal: 1.')
})

test('a reading names the library behind Lingpai if none is ahead', () => {
  const result = resultOf({ Lingpai: 1, keyv: 8, tnwx: 1000 })
  expect(readings(result, text, 'en')).toBe('- **requests**: Lingpai 1. None of 2 is better. The next is keyv, 8.')
})

test('a section says how much was run', () => {
  const result = resultOf({ Lingpai: 1 })
  expect(sizesText(result, 'en')).toBe('Run: 1 round, 1,000 accounts, tokens of 20 s, commit abc1234.')
  expect(sizesText(result, 'zh')).toBe('本次运行：1 轮，1,000 个账号，令牌寿命 20 秒，提交 abc1234。')
})
