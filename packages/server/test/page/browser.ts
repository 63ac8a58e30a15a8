import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { isBrowserThere, launchBrowser } from './chromium.js'

/** What a test of the page receives. */
export interface Visitor {
  /** Opens the page in a new browser context with its own cookies and settings. */
  visit(url: string, options?: BrowserContextOptions): Promise<Page>
}

let browser: Browser | undefined

afterAll(async () => {
  await browser?.close()
})

/** Registers a test that needs a browser. Without one the test says that it was not run. */
export function inBrowser(name: string, body: (visitor: Visitor) => Promise<void>): void {
  if (!isBrowserThere) {
    test(`NOT RUN without chromium: ${name}`, () => {
      process.stderr.write(`not run, for want of chromium: ${name}\n`)
    })
    return
  }
  test(name, async () => {
    const opened: BrowserContext[] = []
    try {
      await body({
        visit: async (url, options) => {
          browser ??= await launchBrowser()
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

/** Locates the card of an account. */
export function card(page: Page, account: string) {
  return page.getByRole('article', { name: account, exact: true })
}

/** Locates a value on a card: `fact(page, 'shop', 'Generation')`. */
export function fact(page: Page, account: string, term: string) {
  return card(page, account).locator(`dt:text-is("${term}") + dd`)
}

/** Returns the generation that the page shows. */
export async function generation(page: Page, account: string): Promise<number> {
  return Number(await fact(page, account, 'Generation').textContent())
}

/** Waits until the page shows a generation. */
export async function showsGeneration(page: Page, account: string, wanted: number): Promise<void> {
  await card(page, account).locator(`dt:text-is("Generation") + dd:text-is("${wanted}")`).waitFor()
}
