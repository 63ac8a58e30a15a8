// node --conditions=@lingpai/source --import tsx packages/server/test/page/take-screenshots.ts [directory]
// Takes the screenshots of the status page for the docs: a day of simulated platforms in a real browser. The fonts are
// those of this machine; Chinese needs one (fonts-wqy-zenhei on Debian).
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { testClock, type TestClock } from '@lingpai/testing'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { launchBrowser } from './chromium.js'
import { openPageWorld, refs, type PageWorld } from './page-world.js'
import { signIn } from './sign-in.js'

const directory = process.argv[2] ?? fileURLToPath(new URL('../../../../docs/images', import.meta.url))
const desktop = { width: 1280, height: 900 }
const phone = { width: 360, height: 740 }
const minuteMs = 60_000
const dayMinutes = 24 * 60

const clock = testClock({ startAtMs: Date.now() - dayMinutes * minuteMs })
const world = await openPageWorld({ clock, newsletter: {} })
const key = world.key({ role: 'admin', name: 'ops-laptop' })
await liveADay(world, clock)
await mkdir(directory, { recursive: true })
const browser = await launchBrowser()
for (const language of ['en', 'zh'] as const) {
  for (const theme of ['light', 'dark'] as const) {
    const look = { locale: language === 'en' ? 'en-GB' : 'zh-CN', colorScheme: theme }
    const picture = (name: string) => join(directory, `status-page-${name}-${language}-${theme}.png`)
    await take(browser, picture('accounts'), { ...look, viewport: desktop })
    await take(browser, picture('chart'), { ...look, viewport: desktop }, showChart)
    if (theme === 'light') await take(browser, picture('refresh'), { ...look, viewport: desktop }, askToRefresh)
    if ((language === 'zh') === (theme === 'dark')) await take(browser, picture('phone'), { ...look, viewport: phone })
  }
}
await browser.close()
await world.close()

async function take(
  open: Browser,
  path: string,
  options: BrowserContextOptions,
  act?: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await open.newContext({ ...options, reducedMotion: 'reduce' })
  const page = await context.newPage()
  await page.goto(world.url)
  await signIn(page, key)
  await page.locator('.figures dt + dd').first().waitFor()
  await page.waitForLoadState('load')
  await page.evaluate('document.fonts.ready')
  await act?.(page)
  // The chart is drawn once for all timelines that have arrived.
  await page.waitForTimeout(500)
  await page.screenshot({ path })
  console.log(path)
  await context.close()
}

async function showChart(page: Page): Promise<void> {
  await page.evaluate('document.querySelector(".activity").scrollIntoView({ block: "end" })')
}

async function askToRefresh(page: Page): Promise<void> {
  await page.locator('.actions button').nth(2).click()
}

/** A day of latencies, failures, rejections and a manual refresh; the newsletter's address is removed from the allowlist. */
async function liveADay({ simulator, url, key: makeKey }: PageWorld, time: TestClock): Promise<void> {
  const service = makeKey({ role: 'reporter', name: 'order-service' })
  let seed = 7
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
  const call = (path: string, by: string, body: object) =>
    time.runUntil(
      fetch(`${url}/v1/accounts/${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${by}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    )
  for (let minute = 0; minute < dayMinutes; minute += 5) {
    simulator.clearFaults()
    const isBusy = random() < 0.04
    for (const account of Object.values(refs)) {
      const latencyMs = Math.round(60 + 140 * random() ** 2 + (random() < 0.06 ? 500 * random() : 0))
      const trouble = isBusy && random() < 0.5 ? { status: 503 } : {}
      simulator.fault({ account, endpoint: 'token', latencyMs, times: Infinity, ...trouble })
    }
    if (minute % 410 === 205)
      await call('shop/rejections', service, { generation: await generationOf('shop'), code: 42001 })
    if (minute === 1200) await call('shop/refreshes', key, { note: 'after the incident' })
    if (minute === 1290) simulator.change(refs.newsletter, { ipAllow: ['198.51.100.1'] })
    await time.advance(5 * minuteMs)
  }

  async function generationOf(account: string): Promise<number> {
    const response = await fetch(`${url}/v1/accounts/${account}`, { headers: { authorization: `Bearer ${service}` } })
    return ((await response.json()) as { readonly generation: number }).generation
  }
}
