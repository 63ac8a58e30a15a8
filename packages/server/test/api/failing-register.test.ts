import { memoryCache } from '@lingpai/cache-memory'
import { ClosedError } from '@lingpai/core'
import { testClock } from '@lingpai/testing'
import { accountRegister, type AccountRegister } from '../../src/accounts/account-register.js'
import type { AccountStatus } from '../../src/accounts/account-status.js'
import { refreshInBackground } from '../../src/accounts/refresh-in-background.js'
import type { ServedAccount } from '../../src/accounts/served-account.js'
import { clientKeys } from '../../src/keys/client-keys.js'
import { startTokenServer } from '../../src/start-token-server.js'
import type { TokenServerOptions } from '../../src/token-server-options.js'
import { statusWatcher } from '../../src/accounts/status-watcher.js'
import { readEvents } from '../../../testing/test/support/read-events.js'
import { openServerWorld, type ServerWorld } from './server-world.js'

type Member = 'get' | 'all' | 'onChange'

/** A register of a program's own, such as one over a database, that fails on request. */
function failingRegister(accounts: readonly ServedAccount[] = []): AccountRegister & { failing?: Member | undefined } {
  const inner = accountRegister(accounts)
  const unless = (member: Member): AccountRegister => {
    if (register.failing === member) throw new Error('no connection to postgres://PLANTED')
    return inner
  }
  const register: ReturnType<typeof failingRegister> = {
    get: (name) => unless('get').get(name),
    all: () => unless('all').all(),
    onChange: (listener) => unless('onChange').onChange(listener),
    replace: inner.replace,
  }
  return register
}

let world: ServerWorld | undefined
afterEach(() => world?.close())

test.each([
  ['an event stream', '/v1/events', 'all'],
  ['an event stream', '/v1/events', 'onChange'],
  ['a long poll', '/v1/accounts/shop/changes?generation=0', 'get'],
] as const)("%s (%s) that fails because of the register's %s() leaves nothing behind", async (_, path, member) => {
  const accounts = failingRegister()
  const clock = testClock()
  world = await openServerWorld({ accounts, clock })
  accounts.replace(world.accounts.all())
  // The timelines of the accounts have been read by then.
  await clock.advance(5000)
  const timers = clock.pendingTimers
  accounts.failing = member
  // As many as one key may have open.
  const { call, url } = world
  const key = world.key()
  const failed = await Promise.all(Array.from({ length: 200 }, () => call(path, { key })))
  for (const { status, body } of failed)
    expect({ status, body }).toMatchObject({ status: 500, body: { error: { message: 'internal error' } } })
  expect(clock.pendingTimers).toBe(timers)
  accounts.failing = undefined
  expect((await call('/v1/accounts/shop')).status).toBe(200)
  const events = await readEvents(`${url}/v1/events`, { authorization: `Bearer ${key}` })
  expect(events.status).toBe(200)
  events.close()
})

/** A start that fails, and the number of listeners that it leaves behind. */
async function failedStart(
  options: Partial<TokenServerOptions>,
  accounts: AccountRegister = failingRegister(),
): Promise<{ readonly error: unknown; readonly left: number }> {
  const listeners = new Set<unknown>()
  const follow = (listener: unknown) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
  const followed: AccountRegister = {
    get: (name) => accounts.get(name),
    all: () => accounts.all(),
    replace: (next) => accounts.replace(next),
    onChange: (listener) => {
      const stop = accounts.onChange(listener)
      const forget = follow(listener)
      return () => {
        stop()
        forget()
      }
    },
  }
  const manager: TokenServerOptions['manager'] = { on: (_, listener) => follow(listener) }
  const keys = { ...clientKeys(), onChange: follow }
  const given = { accounts: followed, manager, keys, cache: memoryCache(), ...options }
  const error: unknown = await startTokenServer(given).then(
    async (server) => server.close(),
    (thrown: unknown) => thrown,
  )
  return { error, left: listeners.size }
}

test.each(['all', 'onChange'] as const)(
  "a server that does not start because of the register's %s() leaves no listener behind",
  async (failing) => {
    const accounts = failingRegister()
    accounts.failing = failing
    const { error, left } = await failedStart({}, accounts)
    expect(String(error)).toContain('PLANTED')
    expect(left).toBe(0)
  },
)

test.each([
  ['sessionKey', { sessionKey: 'short' }],
  ['rateLimit', { rateLimit: 0 }],
  ['forward.timeoutMs', { forward: { timeoutMs: -1 } }],
])('a server that does not start because of its setting %s leaves no listener behind', async (field, options) => {
  const { error, left } = await failedStart(options)
  expect(error).toMatchObject({ code: 'ERR_LINGPAI_CONFIG', message: expect.stringContaining(field) as string })
  expect(left).toBe(0)
})

const account = (name: string, source = {}): ServedAccount => ({ name, source }) as ServedAccount

test('a change is reported although the register failed at a look in between', async () => {
  const clock = testClock()
  const accounts = failingRegister([account('bot')])
  const feed = { on: () => () => undefined, close: () => undefined }
  let generation = 1
  const watcher = statusWatcher({ accounts, feed, clock }, () => ({ generation }) as AccountStatus)
  watcher.look(accounts.get('bot')!)
  const seen: unknown[] = []
  watcher.watch('*', (status) => seen.push(status.generation))
  generation = 2
  accounts.failing = 'all'
  await clock.advance(1000)
  expect(seen).toEqual([])
  accounts.failing = undefined
  await clock.advance(1000)
  expect(seen).toEqual([2])
  watcher.close()
})

test('the background refresh of each account starts although the register failed in between', async () => {
  const clock = testClock()
  const started = new Set<number>()
  const accounts = failingRegister(
    Array.from({ length: 11 }, (_, index) =>
      account(`shop${index}`, { startBackgroundRefresh: () => started.add(index) }),
    ),
  )
  refreshInBackground(accounts, clock, new AbortController().signal)
  expect(started.size).toBe(10)
  accounts.failing = 'all'
  await clock.advance(1000)
  accounts.failing = undefined
  await clock.advance(1000)
  expect(started.size).toBe(11)
})

test('the background refresh of each account starts although the owner of one has closed it', () => {
  const started = new Set<number>()
  const accounts = accountRegister(
    Array.from({ length: 3 }, (_, index) =>
      account(`shop${index}`, {
        startBackgroundRefresh: () => {
          if (index === 1) throw new ClosedError('closed by its owner')
          started.add(index)
        },
      }),
    ),
  )
  refreshInBackground(accounts, testClock(), new AbortController().signal)
  expect([...started]).toEqual([0, 2])
})
