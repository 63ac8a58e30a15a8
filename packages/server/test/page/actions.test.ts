import { card, generation, inBrowser, showsGeneration } from './browser.js'
import { plainHost } from './chromium.js'
import { clientIp, openPageWorld, refs, type PageWorld } from './page-world.js'
import { signIn } from './sign-in.js'

let world: PageWorld

beforeAll(async () => {
  world = await openPageWorld()
})
afterAll(() => world.close())

inBrowser(
  'a refresh by an admin makes one upstream request, and all open pages show the new generation',
  async ({ visit }) => {
    const admin = await visit(world.url)
    await signIn(admin, world.key({ role: 'admin', name: 'ops-laptop' }))
    const reader = await visit(world.url)
    await signIn(reader, world.key({ role: 'reader' }))
    await showsGeneration(reader, 'shop', 1)
    const before = world.simulator.ledger.tokenRequests(refs.shop)

    await admin.getByRole('button', { name: 'Refresh: shop' }).click()
    await admin.getByLabel('Note for the audit log (optional)').fill('after the incident')
    await admin.getByRole('button', { name: 'Refresh now' }).click()

    await showsGeneration(reader, 'shop', 2)
    await showsGeneration(admin, 'shop', 2)
    await admin.getByText('shop has a new token, generation 2.').waitFor()
    expect(world.simulator.ledger.tokenRequests(refs.shop)).toBe(before + 1)
    await reader.getByText('on request · by ops-laptop · “after the incident”').first().waitFor()
    await reader.getByRole('log').getByText('shop: new token, generation 2').waitFor({ state: 'attached' })
  },
)

inBrowser('a refresh that repeats the token shows another message than one with a new token', async ({ visit }) => {
  const page = await visit(world.url)
  await signIn(page, world.key({ role: 'admin' }))
  await showsGeneration(page, '客服助手', 1)
  await page.getByRole('button', { name: 'Refresh: 客服助手' }).click()
  await page.getByRole('button', { name: 'Refresh now' }).click()
  await page.getByText('客服助手: the platform repeated its token; it stays at generation 1.').waitFor()
})

inBrowser('a failed refresh shows the cause and a hint, and can be tried again', async ({ visit }) => {
  const page = await visit(world.url, { locale: 'zh-CN' })
  await signIn(page, world.key({ role: 'admin' }))
  await page.getByRole('button', { name: '刷新：newsletter' }).click()
  await page.getByRole('button', { name: '立即刷新' }).click()
  const problem = page.getByRole('dialog').getByRole('alert')
  await problem.filter({ hasText: clientIp }).waitFor()
  await problem.filter({ hasText: '白名单' }).waitFor()
  expect(await page.getByRole('button', { name: '立即刷新' }).getAttribute('aria-disabled')).toBe('false')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
})

inBrowser('the page shows no actions without the role admin, and the server rejects them', async ({ visit }) => {
  for (const role of ['reader', 'reporter'] as const) {
    const page = await visit(world.url)
    await signIn(page, world.key({ role }))
    await showsGeneration(page, 'guild-bot', 1)
    expect(await page.getByRole('article').getByRole('button').count()).toBe(0)
    const status = await page.evaluate<number>(
      `fetch('/v1/accounts/shop/refreshes', { method: 'POST', headers: { 'x-lingpai-csrf': '1', 'content-type': 'application/json' }, body: '{}' }).then(({ status }) => status)`,
    )
    expect(status).toBe(403)
  }
})

inBrowser('a token is shown only after a confirmation, and is removed after 30 seconds', async ({ visit }) => {
  const page = await visit('about:blank', { permissions: ['clipboard-read', 'clipboard-write'] })
  await page.clock.install()
  await page.goto(world.url)
  const tokens: string[] = []
  page.on('response', (response) => {
    if (response.url().endsWith('/token')) tokens.push(response.url())
  })
  await signIn(page, world.key({ role: 'admin' }))
  await page.getByRole('button', { name: 'Reveal: guild-bot' }).click()
  await page.getByText('Anyone who sees the token can act as this account.').waitFor()
  expect(tokens).toEqual([])

  await page.getByRole('button', { name: 'Reveal for 30 seconds' }).click()
  const shown = page.getByLabel('Access token of guild-bot').locator('code')
  await shown.waitFor()
  const token = (await shown.textContent()) ?? ''
  expect(token.startsWith('simtok_')).toBe(true)
  await page.getByRole('button', { name: 'Copy' }).click()
  await page.getByText('Copied.').waitFor()
  expect((await page.evaluate('navigator.clipboard.readText()')) === token).toBe(true)

  await page.clock.runFor(20_000)
  expect(await shown.count()).toBe(1)
  await page.clock.runFor(11_000)
  await page.getByText('The token was removed from the page.').waitFor()
  expect((await page.content()).includes(token.slice(0, 20))).toBe(false)
})

inBrowser('a token is removed in every way of closing the dialog', async ({ visit }) => {
  const page = await visit(world.url)
  await signIn(page, world.key({ role: 'admin' }))
  for (const close of ['Escape', 'button'] as const) {
    await page.getByRole('button', { name: 'Reveal: guild-bot' }).click()
    await page.getByRole('button', { name: 'Reveal for 30 seconds' }).click()
    await page.locator('code.token').waitFor()
    if (close === 'Escape') await page.keyboard.press('Escape')
    else await page.getByRole('button', { name: 'Close' }).click()
    await page.locator('code.token').waitFor({ state: 'detached' })
    expect((await page.content()).includes('simtok_')).toBe(false)
    expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('Reveal: guild-bot')
  }
})

inBrowser('a token that arrives after the dialog was closed is not shown', async ({ visit }) => {
  const page = await visit(world.url)
  await signIn(page, world.key({ role: 'admin' }))
  let letGo = (): void => undefined
  const held = new Promise<void>((resolve) => (letGo = resolve))
  await page.route('**/token', async (route) => {
    await held
    await route.continue()
  })
  await page.getByRole('button', { name: 'Reveal: guild-bot' }).click()
  await page.getByRole('button', { name: 'Reveal for 30 seconds' }).click()
  await page.keyboard.press('Escape')
  const responded = page.waitForResponse('**/token')
  letGo()
  await (await responded).finished()
  await page.evaluate('new Promise((resolve) => setTimeout(resolve))')
  expect((await page.content()).includes('simtok_')).toBe(false)
})

inBrowser('the actions work without TLS, where browsers restrict pages', async ({ visit }) => {
  const page = await visit(world.url.replace('127.0.0.1', plainHost))
  expect(await page.evaluate('isSecureContext')).toBe(false)
  await signIn(page, world.key({ role: 'admin' }))
  await page.getByRole('button', { name: 'Refresh: 客服助手' }).click()
  await page.getByRole('button', { name: 'Refresh now' }).click()
  await page.getByText('客服助手: the platform repeated its token').waitFor()
  await page.getByRole('button', { name: 'Reveal: guild-bot' }).click()
  await page.getByRole('button', { name: 'Reveal for 30 seconds' }).click()
  await page.getByRole('button', { name: 'Copy' }).click()
  await page.getByText('The browser does not allow copying here. The text is selected').waitFor()
  const token = await page.locator('code.token').textContent()
  expect((await page.evaluate('getSelection().toString()')) === token).toBe(true)
})

inBrowser('a rejection is shown with the name of the client that reported it', async ({ visit }) => {
  const page = await visit(world.url)
  await signIn(page, world.key({ role: 'reader' }))
  const before = await generation(page, 'guild-bot')
  const key = world.key({ role: 'reporter', name: 'order-service' })
  await fetch(`${world.url}/v1/accounts/guild-bot/rejections`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ generation: before, code: 11244 }),
  })
  await card(page, 'guild-bot').getByText('Events').click()
  await card(page, 'guild-bot').getByText('Token rejected by an API').first().waitFor()
  await card(page, 'guild-bot').getByText('by order-service').first().waitFor()
})
