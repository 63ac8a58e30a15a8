import { testClock } from '@lingpai/testing'
import type { AccountFeed } from '../../src/accounts/account-feed.js'
import type { AccountStatus } from '../../src/accounts/account-status.js'
import type { ServedAccount } from '../../src/accounts/served-account.js'
import { accountRegister } from '../../src/accounts/account-register.js'
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
  watcher.look(account)
  const leave = watcher.watch(['bot'], () => {
    leave()
  })
  generation = 2
  await clock.advance(2000)
  expect(clock.pendingTimers).toBe(0)
  watcher.close()
})

describe('with many accounts', () => {
  const many = 25_000
  const served = Array.from({ length: many }, (_, index) => ({ name: `shop${index}` }) as ServedAccount)

  function watched() {
    const clock = testClock()
    const generations = new Map<string, number>()
    let looks = 0
    let emit: ((name: string) => void) | undefined
    const feed: AccountFeed = {
      on: (listener) => {
        emit = (name) => {
          listener({ account: { name } as ServedAccount, event: { at: 0, event: 'adopted' }, isRotation: true })
        }
        return () => undefined
      },
      close: () => undefined,
    }
    const watcher = statusWatcher({ accounts: accountRegister(served), feed, clock }, ({ name }) => {
      looks += 1
      return { name, generation: generations.get(name) ?? 1 } as AccountStatus
    })
    const heard: string[] = []
    const listener = ({ name }: AccountStatus) => heard.push(name)
    const looksWhile = async (work: () => Promise<unknown>): Promise<number> => {
      const before = looks
      await work()
      return looks - before
    }
    const renew = (name: string) => generations.set(name, 2)
    return { clock, watcher, listener, heard, looksWhile, renew, emit: (name: string) => emit?.(name) }
  }

  test('a long poll for one account looks at that account once a second, and at no other', async () => {
    const { clock, watcher, listener, heard, looksWhile, renew } = watched()
    watcher.watch(['shop7'], listener)
    expect(await looksWhile(() => clock.advance(10_000))).toBe(10)
    for (const name of ['shop7', 'shop8']) renew(name)
    await clock.advance(1000)
    expect(heard).toEqual(['shop7'])
    watcher.close()
  })

  test('an event stream of all accounts looks at no more than ten thousand accounts a second, and at each in turn', async () => {
    const { clock, watcher, listener, heard, looksWhile, renew } = watched()
    for (const account of served) watcher.look(account)
    watcher.watch('*', listener)
    expect(await looksWhile(() => clock.advance(1000))).toBeLessThanOrEqual(10_000)
    expect(await looksWhile(() => clock.advance(10_000))).toBeLessThanOrEqual(110_000)
    for (const name of ['shop24999', 'shop0']) renew(name)
    await clock.advance(5000)
    expect(heard.sort()).toEqual(['shop0', 'shop24999'])
    watcher.close()
  })

  test('an event makes the watcher look at its account alone, within 20 ms, and only while the account is watched', async () => {
    const { clock, watcher, listener, heard, looksWhile, renew, emit } = watched()
    watcher.look(served[3]!)
    watcher.watch(['shop3'], listener)
    for (const name of ['shop3', 'shop4']) {
      renew(name)
      emit(name)
    }
    expect(await looksWhile(() => clock.advance(20))).toBe(1)
    expect(heard).toEqual(['shop3'])
    watcher.close()
    expect(clock.pendingTimers).toBe(0)
  })
})
