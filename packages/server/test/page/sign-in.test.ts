import { inBrowser, card, showsGeneration } from './browser.js'
import { openPageWorld, type PageWorld } from './page-world.js'
import { signIn } from './sign-in.js'

let world: PageWorld

beforeAll(async () => {
  world = await openPageWorld()
})
afterAll(() => world.close())

inBrowser(
  'a wrong key shows an error, and a valid key is exchanged for a cookie that no script can read',
  async ({ visit }) => {
    const key = world.key({ role: 'reader' })
    const page = await visit(world.url)
    const field = page.getByLabel('Client key')
    await field.fill(`${key.slice(0, -3)}xyz`)
    await page.keyboard.press('Enter')
    await page.getByRole('alert').filter({ hasText: 'This key is unknown or revoked' }).waitFor()
    expect(await field.inputValue()).toBe('')
    expect(await field.getAttribute('aria-invalid')).toBe('true')

    await signIn(page, key)
    const [cookie] = await page.context().cookies()
    expect(cookie).toMatchObject({ name: 'lingpai_session', httpOnly: true, sameSite: 'Strict', path: '/' })
    expect(cookie?.value).not.toContain(key.slice(-20))
    const stored = await page.evaluate<string>(
      'document.cookie + JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage }) + location.href + document.documentElement.outerHTML',
    )
    expect(stored).not.toContain(key.slice(-20))
  },
)

inBrowser('an empty form sends no request', async ({ visit }) => {
  const page = await visit(world.url)
  const sent: string[] = []
  page.on('request', (request) => sent.push(request.method()))
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').filter({ hasText: 'Enter a client key.' }).waitFor()
  expect(sent).not.toContain('POST')
})

inBrowser('signing in and refreshing work with the keyboard alone', async ({ visit }) => {
  const key = world.key({ role: 'admin' })
  const page = await visit(world.url)
  await page.waitForFunction('document.activeElement.id === "key"')
  await page.keyboard.type(key)
  await page.keyboard.press('Enter')
  await showsGeneration(page, 'shop', 1)
  const focused = () =>
    page.evaluate<string>('document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent')
  const tabTo = async (name: string) => {
    for (let steps = 0; steps < 40 && (await focused()) !== name; steps++) await page.keyboard.press('Tab')
    expect(await focused()).toBe(name)
  }
  await tabTo('Refresh: shop')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'Refresh the token of shop?' }).waitFor()
  // A second Enter has no effect.
  expect(await focused()).toBe('Cancel')
  await tabTo('Refresh now')
  await page.keyboard.press('Enter')
  await showsGeneration(page, 'shop', 2)
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  expect(await focused()).toBe('Refresh: shop')
})

inBrowser('a session survives a reload and ends by signing out', async ({ visit }) => {
  const page = await visit(world.url)
  await signIn(page, world.key({ role: 'reader', name: 'laptop of ops' }))
  await page.reload()
  await page.getByText('laptop of ops').waitFor()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByText('You are signed out.').waitFor()
  await page.reload()
  await page.getByLabel('Client key').waitFor()
  expect(await page.context().cookies()).toEqual([])
  expect(await page.getByText('You are signed out.').count()).toBe(0)
})

inBrowser(
  'a lost connection is shown while lifetimes count down, and the page reconnects by itself',
  async ({ visit }) => {
    const page = await visit(world.url)
    await signIn(page, world.key({ role: 'reader' }))
    await page.getByText('Live', { exact: true }).waitFor()
    await world.stop()
    await page.getByText('Connection lost, reconnecting').waitFor()
    await page.getByText('The connection to the server is lost. This data is from').waitFor()
    await card(page, 'shop').getByText('Valid').waitFor()
    await world.start()
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByText('The connection to the server is lost.').waitFor({ state: 'hidden' })
  },
)

inBrowser('a session ends immediately when its key is revoked', async ({ visit }) => {
  const page = await visit(world.url)
  await signIn(page, world.key({ role: 'admin' }))
  await card(page, 'shop').getByRole('button', { name: 'Refresh: shop' }).click()
  world.revokeKeys()
  await page.getByText('Your session has ended. Sign in again.').waitFor()
  expect(await page.getByRole('article').count()).toBe(0)
  expect(await page.getByRole('dialog').count()).toBe(0)
})
