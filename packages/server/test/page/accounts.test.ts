import type { Page } from 'playwright-core'
import { card, fact, inBrowser, showsGeneration } from './browser.js'
import { clientIp, openPageWorld, refs, secrets, type PageWorld } from './page-world.js'
import { signIn } from './sign-in.js'

let world: PageWorld
let key: string

beforeAll(async () => {
  world = await openPageWorld()
  key = world.key({ role: 'reader' })
})
afterAll(() => world.close())

inBrowser('the remaining lifetime of a token counts down', async ({ visit }) => {
  const page = await visit(world.url)
  await signIn(page, key)
  await showsGeneration(page, 'shop', 1)
  const before = await countdown(page, 'shop')
  expect(before).toMatch(/^(1:59|2:00):\d\d$/)
  await card(page, 'shop').getByText(minus(before, 2)).waitFor()
  // Screen readers are not notified each second.
  expect(await page.locator('[aria-live] [role=timer], [role=timer][aria-live]').count()).toBe(0)
})

inBrowser('the remaining lifetime is correct on a machine with a wrong clock', async ({ visit }) => {
  const page = await visit('about:blank')
  await page.clock.install({ time: Date.now() - 3 * 3_600_000 })
  await page.goto(world.url)
  await signIn(page, key)
  await showsGeneration(page, 'shop', 1)
  expect(await countdown(page, 'shop')).toMatch(/^(1:5\d|2:00):\d\d$/)
})

inBrowser('a failing account shows a hint with the address in both languages', async ({ visit }) => {
  const page = await visit(world.url)
  await signIn(page, key)
  const newsletter = card(page, 'newsletter')
  await newsletter.getByText('Failing', { exact: true }).waitFor()
  await newsletter.getByText(`Add ${clientIp} to the IP allowlist of the account`).waitFor()
  await newsletter.getByText('40164').first().waitFor()
  await page.getByText('6 accounts, 1 needs attention').waitFor()
  expect(await page.getByRole('article').first().getByRole('heading').textContent()).toBe('newsletter')

  await page.getByRole('button', { name: '中文' }).click()
  await newsletter.getByText('异常', { exact: true }).waitFor()
  await newsletter.getByText(`把 ${clientIp} 加入`).waitFor()
  expect(await page.evaluate('document.documentElement.lang + " " + document.title')).toBe('zh-CN Lingpai 令牌 · 状态')
})

inBrowser(
  'the page uses the language of the browser until the user chooses one, and remembers the choice',
  async ({ visit }) => {
    const page = await visit(world.url, { locale: 'zh-CN' })
    await page.getByRole('button', { name: '登录' }).waitFor()
    await page.getByRole('button', { name: 'English' }).click()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    expect(await page.evaluate('document.documentElement.lang')).toBe('en')
  },
)

inBrowser(
  'the page uses the theme of the system until the user chooses one, and remembers the choice',
  async ({ visit }) => {
    const page = await visit(world.url, { colorScheme: 'dark' })
    const ground = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    const dark = await ground()
    await page.emulateMedia({ colorScheme: 'light' })
    await page.waitForFunction('document.documentElement.dataset.theme === "light"')
    const light = await ground()
    expect(light).not.toBe(dark)
    const button = page.getByRole('button', { name: 'Dark theme' })
    expect(await button.getAttribute('aria-pressed')).toBe('false')
    await button.click()
    expect([await ground(), await button.getAttribute('aria-pressed')]).toEqual([dark, 'true'])
    await page.reload()
    expect(await ground()).toBe(dark)
  },
)

inBrowser('search and filter show the matching accounts', async ({ visit }) => {
  const page = await visit(world.url)
  await signIn(page, key)
  const names = () => page.getByRole('article').getByRole('heading').allTextContents()
  expect((await names()).sort()).toEqual(['approval', 'guild-bot', 'mini-program', 'newsletter', 'shop', '客服助手'])
  await page.getByRole('searchbox').fill('ww8d2c')
  expect((await names()).sort()).toEqual(['approval', '客服助手'])
  await page.getByRole('searchbox').fill('no such account')
  await page.getByText('No matching account').waitFor()
  await page.getByRole('searchbox').fill('')
  await page.getByLabel('Show', { exact: true }).selectOption({ label: 'Needs attention' })
  expect(await names()).toEqual(['newsletter'])
})

inBrowser('the page shows the accounts of the key, and a message if there are none', async ({ visit }) => {
  const page = await visit(world.url)
  await signIn(page, world.key({ role: 'reader', accounts: ['shop'] }))
  expect(await page.getByRole('article').getByRole('heading').allTextContents()).toEqual(['shop'])
  const other = await visit(world.url)
  await signIn(other, world.key({ role: 'reader', accounts: ['gone'] }))
  await other.getByText('This key gives access to no account.').waitFor()
})

inBrowser('the page shows events and the figures of the chart', async ({ visit }) => {
  const page = await visit(world.url)
  await signIn(page, key)
  await card(page, 'shop').getByText('Events').click()
  await card(page, 'shop').getByRole('listitem').filter({ hasText: 'New token · generation 1' }).waitFor()
  await card(page, 'shop').getByText('first token · by background refresh').first().waitFor()
  await page.getByLabel('Account', { exact: true }).selectOption('newsletter')
  await page.locator('.figures dt:text-is("Refreshes") + dd:text-is("1")').waitFor()
  await page.locator('.figures dt:text-is("Failed") + dd:text-is("1")').waitFor()
  await page.getByText('Show as a table').click()
  expect(await page.getByRole('row').last().getByRole('cell').allTextContents()).toEqual(['0', '1', expect.any(String)])
  expect(await page.locator('canvas').count()).toBe(2)
})

inBrowser('a message of a platform is shown as text', async ({ visit }) => {
  const hostile = '<img/src=x/onerror=document.title="pwned"><script>document.title="pwned"</script>'
  const other = await openPageWorld({ newsletter: {} })
  other.simulator.fault({
    account: refs.newsletter,
    endpoint: 'token',
    times: Infinity,
    body: { errcode: 40164, errmsg: `invalid ip ${hostile}, not in whitelist` },
  })
  other.simulator.revoke(refs.newsletter)
  const page = await visit(other.url)
  await signIn(page, other.key({ role: 'admin', name: hostile }))
  await page.getByRole('button', { name: 'Refresh: newsletter' }).click()
  await page.getByRole('button', { name: 'Refresh now' }).click()
  await page.getByRole('alert').filter({ hasText: hostile }).first().waitFor()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await card(page, 'newsletter').getByText(hostile).first().waitFor()
  await card(page, 'newsletter').getByText('Events').click()
  await card(page, 'newsletter').getByText('Refresh failed').first().waitFor()
  expect(await page.title()).toBe('Lingpai 令牌 · Status')
  expect(await page.locator('img, #view script').count()).toBe(0)
  await other.close()
})

inBrowser('the page contains no secret and no token', async ({ visit }) => {
  const page = await visit(world.url)
  const bodies: string[] = []
  page.on('response', (response) => {
    if (!response.url().endsWith('/v1/events'))
      void response.text().then(
        (text) => bodies.push(text),
        () => undefined,
      )
  })
  await signIn(page, key)
  await showsGeneration(page, 'shop', 1)
  await page.getByText('Show as a table').click()
  const all = `${await page.content()} ${bodies.join(' ')}`
  expect(all).toContain('wx3f8a1c9be2d74650')
  for (const secret of [...Object.values(secrets), 'simtok_']) expect(all.includes(secret)).toBe(false)
})

/** Returns the remaining lifetime as shown. */
async function countdown(page: Page, account: string): Promise<string | null> {
  return fact(page, account, 'Expires in').textContent()
}

/** Returns `1:59:58` a number of seconds later. */
function minus(time: string | null, seconds: number): string {
  const [hours = 0, minutes = 0, rest = 0] = (time ?? '').split(':').map(Number)
  const left = hours * 3600 + minutes * 60 + rest - seconds
  const two = (number: number): string => String(number).padStart(2, '0')
  return `${Math.floor(left / 3600)}:${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`
}
