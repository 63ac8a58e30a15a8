import { accountId, type Contender, type OpenContender, type Upstream } from '../harness/contender.js'
import { fetchToken } from './fetch-token.js'

interface Kept {
  readonly promise: Promise<string>
  readonly token: string
  readonly expiresAtMs: number
  refreshAtMs: number
}

/**
 * The least that any token cache must do, in some lines: a `Map`, one request at a time for each account, and a refresh at 80 % of
 * the life while the token is served. It shares nothing between processes and survives nothing else.
 */
export const yardstick: Contender = {
  name: 'yardstick',
  open: (upstream, accounts) => keptPromises(upstream, accounts),
}

const shareBeforeRefresh = 0.8
const mostBackgroundRequests = 64
const tickMs = 20

function keptPromises(upstream: Upstream, accounts: number): OpenContender {
  const keys = Array.from({ length: accounts }, (_, account) => accountId(account))
  const kept = new Map<string, Kept>()
  const asked = new Map<string, Promise<Kept>>()

  const ask = (account: number): Promise<Kept> => {
    const key = keys[account]!
    let request = asked.get(key)
    if (request === undefined) {
      request = fetchToken(upstream, account)
        .then(({ value, lifeMs, keepMs }) => {
          const now = Date.now()
          const entry: Kept = {
            promise: Promise.resolve(value),
            token: value,
            expiresAtMs: now + keepMs,
            refreshAtMs: now + lifeMs * shareBeforeRefresh,
          }
          kept.set(key, entry)
          return entry
        })
        .finally(() => asked.delete(key))
      asked.set(key, request)
    }
    return request
  }

  const refreshAhead = (account: number, entry: Kept, now: number): void => {
    entry.refreshAtMs = now + 1000
    ask(account).catch(() => undefined)
  }

  const background: number[] = []
  let cursor = 0
  let timer: NodeJS.Timeout | undefined
  const renewDue = (): void => {
    const now = Date.now()
    for (let looked = 0; looked < background.length && asked.size < mostBackgroundRequests; looked += 1) {
      const account = background[cursor % background.length]!
      cursor += 1
      const entry = kept.get(keys[account]!)
      if (entry === undefined) ask(account).catch(() => undefined)
      else if (now >= entry.refreshAtMs) refreshAhead(account, entry, now)
    }
  }

  return {
    getToken: (account) => {
      const entry = kept.get(keys[account]!)
      const now = Date.now()
      if (entry === undefined || now >= entry.expiresAtMs) return ask(account).then(({ token }) => token)
      if (now >= entry.refreshAtMs) refreshAhead(account, entry, now)
      return entry.promise
    },
    replaceRejected: async (account, token) => {
      const entry = kept.get(keys[account]!)
      if (entry !== undefined && entry.token !== token) return entry.token
      return (await ask(account)).token
    },
    startBackground: (account) => {
      background.push(account)
      timer ??= setInterval(renewDue, tickMs)
    },
    close: async () => {
      clearInterval(timer)
    },
  }
}
