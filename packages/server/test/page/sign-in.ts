import type { Page } from 'playwright-core'

/** Signs in and waits for the accounts. */
export async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel(/^(Client key|客户端密钥)$/).fill(key)
  await page.getByRole('button', { name: /^(Sign in|登录)$/ }).click()
  await page.getByRole('heading', { name: /^(Accounts|账号)$/ }).waitFor()
}
