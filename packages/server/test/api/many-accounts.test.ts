import type { Account, LingpaiEvents } from '@lingpai/core'
import { accountFeed } from '../../src/accounts/account-feed.js'
import { accountRegister } from '../../src/accounts/account-register.js'
import { testClock } from '@lingpai/testing'
import { actors } from '../../src/accounts/actors.js'
import { refreshInBackground } from '../../src/accounts/refresh-in-background.js'
import { warmTimeline } from '../../src/audit/audit-timeline.js'
import type { ServedAccount } from '../../src/accounts/served-account.js'
import { knownTokens } from '../../src/facades/known-tokens.js'

const many = 1000

/** A source that counts how often its account, status and token are read. */
class CountedSource {
  reads = 0
  readonly #account: Account

  constructor(id: string) {
    this.#account = { provider: 'p', kind: 'app', host: 'h', ids: { id } }
  }

  get account(): Account {
    this.reads += 1
    return this.#account
  }

  status(): object {
    this.reads += 1
    return { state: 'valid', generation: 1, issuedAtMs: 0, expiresAtMs: 7_200_000 }
  }

  peek(): string {
    this.reads += 1
    return `token of ${this.#account.ids['id']}`
  }
}

function manyAccounts() {
  const sources = Array.from({ length: many }, (_, index) => new CountedSource(`app${index}`))
  const served = sources.map((source, index) => ({ name: `app${index}`, source }) as unknown as ServedAccount)
  const readsOf = (work: () => void): number => {
    for (const source of sources) source.reads = 0
    work()
    return sources.reduce((sum, { reads }) => sum + reads, 0)
  }
  return { served, readsOf }
}

/** A manager that emits `adopted` on request. */
function emittingManager() {
  let listener: ((event: LingpaiEvents['adopted']) => unknown) | undefined
  const on = (name: string, given: unknown) => {
    if (name === 'adopted') listener = given as typeof listener
    return () => undefined
  }
  return {
    manager: { on },
    adopted: ({ source: { account } }: ServedAccount) =>
      listener?.({ account, atMs: 0, generation: 1, expiresAtMs: 7_200_000 }),
  }
}

function openFeed(served: readonly ServedAccount[]) {
  const { manager, adopted } = emittingManager()
  const accounts = accountRegister(served)
  const feed = accountFeed({ manager, accounts, actors: actors() })
  return { accounts, feed, adopted }
}

test('an event of one account looks at no other account', () => {
  const { served, readsOf } = manyAccounts()
  const { feed, adopted } = openFeed(served)
  const heard: string[] = []
  feed.on(({ account }) => heard.push(account.name))
  adopted(served[7]!)
  expect(readsOf(() => adopted(served[8]!))).toBeLessThan(10)
  expect(heard).toEqual(['app7', 'app8'])
})

test('an event reaches each account that serves its source, also one that was added later', () => {
  const { served } = manyAccounts()
  const { accounts, feed, adopted } = openFeed(served.slice(0, 2))
  const heard: string[] = []
  feed.on(({ account, event: { ticket } }) => heard.push(`${account.name} ${ticket}`))
  adopted(served[1]!)
  adopted(served[2]!)
  accounts.replace([
    served[2]!,
    { ...served[0]!, tickets: { jsapi: served[1]!.source } },
    { ...served[1]!, name: 'other' },
  ])
  adopted(served[1]!)
  adopted(served[2]!)
  expect(heard).toEqual(['app1 undefined', 'app0 jsapi', 'other undefined', 'app2 undefined'])
})

test('an unknown token makes the server look at each account once, and not again for the next unknown token', () => {
  const { served, readsOf } = manyAccounts()
  const { accounts, feed } = openFeed(served)
  const known = knownTokens(accounts, feed, { nowMs: () => 0 })
  expect(readsOf(() => known.find('unknown'))).toBeGreaterThanOrEqual(many)
  expect(readsOf(() => known.find('another'))).toBe(0)
  expect(known.find('token of app3')).toMatchObject({ account: { name: 'app3' }, isAlive: true })
  accounts.replace(served.slice(4))
  expect(known.find('token of app3')).toBeUndefined()
})

test('an account that is added to very many others begins its background refresh at once, and one that is removed does not', async () => {
  const started: number[] = []
  const account = (index: number): ServedAccount => {
    const source = { startBackgroundRefresh: () => started.push(index) }
    return { name: `app${index}`, source } as unknown as ServedAccount
  }
  const served = Array.from({ length: many }, (_, index) => account(index))
  const accounts = accountRegister(served)
  const clock = testClock()
  refreshInBackground(accounts, clock, new AbortController().signal)
  await clock.advance(100)
  accounts.replace([...served.filter((_, index) => index !== 500), account(many)])
  await clock.advance(100)
  expect(started).toHaveLength(30)
  expect(started[20]).toBe(many)
  await clock.advance(60_000)
  expect(started.length).toBe(many)
  expect(new Set(started).size).toBe(many)
  expect(started).not.toContain(500)
  accounts.replace([...accounts.all(), account(many + 1)])
  expect(started.at(-1)).toBe(many + 1)
  expect(clock.pendingTimers).toBe(0)
})

test('a start reads the timeline of each account, of few at a time, and stops when the server shuts down', async () => {
  const { served } = manyAccounts()
  const ending = new AbortController()
  let [open, most] = [0, 0]
  const read = new Set<string>()
  const timeline = {
    read: async ({ name }: ServedAccount) => {
      read.add(name)
      open += 1
      most = Math.max(most, open)
      await Promise.resolve()
      open -= 1
      return []
    },
  }
  await warmTimeline(timeline, served, ending.signal)
  expect(read.size).toBe(many)
  expect(most).toBeLessThan(100)
  ending.abort()
  read.clear()
  await warmTimeline(timeline, served, ending.signal)
  expect(read.size).toBe(0)
})
