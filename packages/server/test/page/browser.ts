import { spawnSync } from 'node:child_process'
import { ConfigError } from '@lingpai/core'
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome']
const install = 'apt-get update && apt-get install -y chromium fonts-wqy-zenhei'

/** Finds the browser once for each test file. Throws in CI, where no test may be left out. */
function findBrowser(): string | undefined {
  const given = process.env['CHROMIUM_PATH']
  const path = given ?? names.map((name) => spawnSync('which', [name]).stdout.toString().trim()).find(Boolean)
  if (path !== undefined) return path
  if (process.env['CI'] === 'true')
    throw new ConfigError(`the tests of the status page need chromium on the PATH, or CHROMIUM_PATH: ${install}`)
  process.stderr.write(`\nNO BROWSER: tests of the status page do not run; on Debian, as root: ${install}\n`)
  return undefined
}

const executablePath = findBrowser()

/** What a test of the page gets. */
export interface Visitor {
  /** Opens a browser of its own cookies and choices at the page. */
  visit(url: string, options?: BrowserContextOptions): Promise<Page>
}

let browser: Browser | undefined

afterAll(async () => {
  await browser?.close()
})

/** Registers a test that needs a browser. Without one it says so and does nothing. */
export function inBrowser(name: string, body: (visitor: Visitor) => Promise<void>): void {
  if (executablePath === undefined) {
    test(`NOT RUN, for want of chromium: ${name}`, () => {
      process.stderr.write(`not run, for want of chromium: ${name}\n`)
    })
    return
  }
  test(name, async () => {
    const opened: BrowserContext[] = []
    try {
      await body({
        visit: async (url, options) => {
          browser ??= await launch(executablePath)
          const context = await browser.newContext({ locale: 'en-GB', ...options })
          context.setDefaultTimeout(15_000)
          opened.push(context)
          const page = await context.newPage()
          await page.goto(url)
          return page
        },
      })
    } finally {
      for (const context of opened) await context.close()
    }
  })
}

/** Starts the browser, with no window. */
export async function launch(path = executablePath): Promise<Browser> {
  if (path === undefined) throw new ConfigError(`no chromium: ${install}`)
  return chromium.launch({ executablePath: path, args: ['--no-sandbox'] })
}

/** Signs in, and waits for the accounts. */
export async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel(/^(Client key|客户端密钥)$/).fill(key)
  await page.getByRole('button', { name: /^(Sign in|登录)$/ }).click()
  await page.getByRole('heading', { name: /^(Accounts|账号)$/ }).waitFor()
}

/** The card of an account. */
export function card(page: Page, account: string) {
  return page.getByRole('article', { name: account, exact: true })
}

/** What a definition list of the card says: `fact(page, 'shop', 'Generation')`. */
export function fact(page: Page, account: string, term: string) {
  return card(page, account).locator(`dt:text-is("${term}") + dd`)
}

/** The generation that the page shows. */
export async function generation(page: Page, account: string): Promise<number> {
  return Number(await fact(page, account, 'Generation').textContent())
}

/** Waits for a generation to be shown. */
export async function showsGeneration(page: Page, account: string, wanted: number): Promise<void> {
  await card(page, account).locator(`dt:text-is("Generation") + dd:text-is("${wanted}")`).waitFor()
}
