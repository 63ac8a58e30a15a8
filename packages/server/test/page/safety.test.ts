import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { card, inBrowser, showsGeneration } from './browser.js'
import { openPageWorld, type PageWorld } from './page-world.js'
import { signIn } from './sign-in.js'

const phone = { width: 360, height: 740 }

let world: PageWorld
let key: string

beforeAll(async () => {
  world = await openPageWorld()
  key = world.key({ role: 'admin', name: 'ops-laptop' })
})
afterAll(() => world.close())

test('the page and its files have a policy that forbids other hosts, and are not cached', async () => {
  for (const path of ['/', '/assets/main.js', '/assets/base.css', '/assets/uplot.js', '/assets/favicon.svg']) {
    const { status, headers } = await fetch(world.url + path)
    expect(status).toBe(200)
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none';script-src 'self';style-src 'self';connect-src 'self';img-src 'self' data:;font-src 'self';form-action 'self';frame-ancestors 'none';base-uri 'none'",
    )
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('strict-transport-security')).toBe(null)
  }
})

test('no request path reaches a file outside of the page', async () => {
  for (const path of [
    '/assets/',
    '/assets/..%2findex.html',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/assets/nothing.js',
    '/index.html',
    '/assets/.env',
  ]) {
    const { status } = await fetch(world.url + path)
    expect([path, status]).toEqual([path, 404])
  }
})

inBrowser('a visit sends no request to other hosts and violates no policy', async ({ visit }) => {
  const page = await visit('about:blank')
  const asked = new Set<string>()
  const complaints: string[] = []
  page.on('request', (request) => asked.add(new URL(request.url()).origin))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    // Before sign-in the request for the session gives 401, which the browser logs.
    if (message.type() === 'error' && !/401 \(Unauthorized\)/.test(message.text())) complaints.push(message.text())
  })
  await page.addInitScript(
    'addEventListener("securitypolicyviolation", ({ violatedDirective }) => console.error("violates " + violatedDirective))',
  )
  await page.goto(world.url)
  await signIn(page, key)
  await showsGeneration(page, 'shop', 1)
  await card(page, 'shop').getByText('Events').click()
  await page.getByRole('button', { name: 'Dark theme' }).click()
  await page.getByLabel('Time range').selectOption('week')
  await page.locator('.plot').first().hover()
  await page.getByRole('button', { name: 'Reveal: shop' }).click()
  await page.getByRole('button', { name: 'Reveal for 30 seconds' }).click()
  await page.locator('code.token').waitFor()
  await page.getByRole('button', { name: 'Close' }).click()
  await page.getByRole('button', { name: '中文' }).click()
  await page.getByRole('button', { name: '退出' }).click()
  await page.getByText('已退出登录。').waitFor()
  expect([...asked]).toEqual([world.url])
  expect(complaints).toEqual([])
})

inBrowser('an injected script does not run', async ({ visit }) => {
  const page = await visit(world.url)
  await page.evaluate(`(() => {
    const script = document.createElement('script')
    script.textContent = 'document.title = "pwned"'
    document.body.append(script)
    document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="document.title = \\'pwned\\'">')
  })()`)
  await page.waitForFunction('[...document.images].every(({ complete }) => complete)')
  expect(await page.title()).not.toBe('pwned')
})

for (const colorScheme of ['light', 'dark'] as const) {
  inBrowser(
    `axe finds nothing serious at sign-in, in the list and in the dialogs, ${colorScheme}`,
    async ({ visit }) => {
      const page = await visit(world.url, { colorScheme, bypassCSP: true, reducedMotion: 'reduce' })
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('alert').waitFor()
      expect(await faults(page)).toEqual([])
      await signIn(page, key)
      await showsGeneration(page, 'shop', 1)
      await card(page, 'newsletter').getByText('allowlist').first().waitFor()
      await card(page, 'newsletter').getByText('Events').click()
      await page.getByText('Show as a table').click()
      expect(await faults(page)).toEqual([])
      await page.getByRole('button', { name: 'Refresh: newsletter' }).click()
      await page.getByRole('button', { name: 'Refresh now' }).click()
      await page.getByRole('dialog').getByRole('alert').waitFor()
      expect(await faults(page)).toEqual([])
      await page.getByRole('button', { name: 'Cancel' }).click()
      await page.getByRole('button', { name: '中文' }).click()
      await page.getByRole('button', { name: '查看令牌：shop' }).click()
      await page.getByRole('button', { name: '显示 30 秒' }).click()
      await page.locator('code.token').waitFor()
      expect(await faults(page)).toEqual([])
    },
  )
}

for (const locale of ['en-GB', 'zh-CN']) {
  inBrowser(`nothing is wider than a phone, ${locale}`, async ({ visit }) => {
    const page = await visit(world.url, { locale, viewport: phone, isMobile: true, hasTouch: true })
    const tooWide = () => page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
    await page.getByRole('button', { name: /Sign in|登录/ }).click()
    await page.getByRole('alert').waitFor()
    expect(await tooWide()).toBe(0)
    await signIn(page, key)
    await card(page, 'newsletter')
      .getByText(/allowlist|白名单/)
      .first()
      .waitFor()
    await card(page, 'newsletter')
      .getByText(/^(Events|事件)/)
      .click()
    await page.getByText(/Show as a table|以表格显示/).click()
    expect(await tooWide()).toBe(0)
    await page.getByRole('button', { name: /^(Reveal|查看令牌).*shop/ }).click()
    await page.getByRole('button', { name: /30/ }).click()
    await page.locator('code.token').waitFor()
    expect(await tooWide()).toBe(0)
    const { x = -1, width = Infinity } = (await page.getByRole('dialog').boundingBox()) ?? {}
    expect(x).toBeGreaterThanOrEqual(0)
    expect(x + width).toBeLessThanOrEqual(phone.width)
  })
}

/** Violations that axe calls serious or critical. */
async function faults(page: Page): Promise<readonly string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  await page.evaluate(source)
  const { violations } = await page.evaluate<AxeResults>('axe.run()')
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`))
}
