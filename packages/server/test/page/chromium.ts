import { spawnSync } from 'node:child_process'
import { ConfigError } from '@lingpai/core'
import { chromium, type Browser } from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome']
const install = 'apt-get update && apt-get install -y chromium fonts-wqy-zenhei'

/** Finds the browser, once for each test file. Throws in CI, where every test must run. */
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

/** Whether a browser is installed. */
export const isBrowserThere = executablePath !== undefined

/** A name of loopback that the browser does not trust without TLS, like another machine. */
export const plainHost = 'lingpai.test'

/** Starts the browser without a window. @throws ConfigError if none is installed */
export async function launchBrowser(): Promise<Browser> {
  if (executablePath === undefined) throw new ConfigError(`no chromium: ${install}`)
  const args = [
    '--no-sandbox',
    `--host-resolver-rules=MAP ${plainHost} 127.0.0.1`,
    // No spare renderer process is started. Visits stay apart: each has its own browser context.
    '--renderer-process-limit=1',
  ]
  return chromium.launch({ executablePath, args })
}
