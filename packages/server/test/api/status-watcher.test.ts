import { testClock } from '@lingpai/testing'
import type { AccountFeed } from '../../src/accounts/account-feed.js'
import type { AccountStatus } from '../../src/accounts/account-status.js'
import type { ServedAccount } from '../../src/accounts/served-account.js'
import { statusWatcher } from '../../src/accounts/status-watcher.js'

test('a listener that leaves when it hears of a change, as a long poll does, ends the search for changes', async () => {
  const clock = testClock()
  const account = { name: 'bot' } as ServedAccount
  const accounts = {
    get: () => account,
    all: () => [account],
    replace: () => undefined,
    onChange: () => () => undefined,
  }
  const feed = { on: () => () => undefined } as unknown as AccountFeed
  let generation = 1
  const watcher = statusWatcher({ accounts, feed, clock }, () => ({ generation }) as AccountStatus)
  const leave = watcher.watch(() => {
    leave()
  })
  generation = 2
  await clock.advance(2000)
  expect(clock.pendingTimers).toBe(0)
  watcher.close()
})
