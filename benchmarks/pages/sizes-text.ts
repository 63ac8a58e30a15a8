import type { ScenarioResult } from '../harness/result-file.js'
import type { Language } from './scenario-texts.js'

/** How much of a scenario was run, for sizes that change what its figures mean. */
export function sizesText({ sizes, commit }: ScenarioResult, language: Language): string {
  const { rounds = 0, accounts = 0, lifeSeconds = 0, lives = 0 } = sizes
  const number = (value: number): string => value.toLocaleString('en-US')
  const parts = {
    en: [
      `${rounds} ${rounds === 1 ? 'round' : 'rounds'}`,
      ...(accounts > 0 ? [`${number(accounts)} accounts`] : []),
      ...(lifeSeconds > 0 ? [`tokens of ${lifeSeconds} s`] : []),
      ...(lives > 0 ? [`${lives} lives`] : []),
      `commit ${commit}`,
    ],
    zh: [
      `${rounds} 轮`,
      ...(accounts > 0 ? [`${number(accounts)} 个账号`] : []),
      ...(lifeSeconds > 0 ? [`令牌寿命 ${lifeSeconds} 秒`] : []),
      ...(lives > 0 ? [`${lives} 段寿命`] : []),
      `提交 ${commit}`,
    ],
  }[language]
  return language === 'en' ? `Run: ${parts.join(', ')}.` : `本次运行：${parts.join('，')}。`
}
