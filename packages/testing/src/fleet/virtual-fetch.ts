import { type ErrorClass } from '@lingpai/core'
import { coolDownMs } from '@lingpai/core/internal'
import { verdict } from '../simulator/token-book.js'
import {
  answerRequest,
  apiVerdict,
  body,
  noteArrival,
  noteRequest,
  throttledSeconds,
  type Delivery,
  type VirtualReply,
} from './virtual-upstream.js'
import type { TokenRequest, TokenTruth, UpstreamWeather, VirtualProcess, VirtualWorld } from './virtual-world.js'

/** What `fetch` rejects with when a connection fails. */
class NetworkFault extends TypeError {
  constructor(code: string) {
    super('fetch failed', { cause: { code } })
  }
}

/** The `fetch` of a process. A lost request never settles by itself; its caller must end it. */
export function virtualFetch(world: VirtualWorld, process: VirtualProcess): typeof globalThis.fetch {
  const { time, random } = world
  return (input, init) =>
    new Promise((resolve, reject) => {
      const url = new URL(input instanceof Object && 'url' in input ? input.url : String(input))
      const answer = ({ afterMs, reply, isReset }: Delivery, onArrival?: () => void): void => {
        if (!isReset && reply === undefined) return
        time.after(afterMs, () => {
          process.enter(() => {
            if (init?.signal?.aborted === true) return
            onArrival?.()
            if (reply === undefined) reject(new NetworkFault('ECONNRESET'))
            else resolve(responseOf(reply))
          })
        })
      }
      if (url.pathname === '/token') {
        world.onErrand(process, 'token')
        askForToken(world, process, init, answer, (code) => {
          time.after(random.between(0, 5), () => {
            process.enter(() => {
              reject(new NetworkFault(code))
            })
          })
        })
        return
      }
      const token = world.tokens.get(url.searchParams.get('access_token') ?? '')
      time.after(random.between(10, 100), () => {
        const isProbe = url.pathname === '/probe'
        const code = token === undefined ? undefined : apiVerdict(world, token, !isProbe)
        const isRefused = code !== undefined || token === undefined
        world.trace.add(
          time.nowMs(),
          process.name,
          isProbe ? 'probes' : 'calls',
          `${token?.name ?? '?'} ${code ?? 'ok'}`,
        )
        const reply = isRefused ? body({ errcode: code ?? 40014, errmsg: 'no good token' }) : body({ errcode: 0 })
        answer({ afterMs: random.between(10, 100), reply, isReset: false }, () => {
          if (!isProbe && token !== undefined && isRefused) noteRefusal(world, process, token)
          if (isProbe && token !== undefined && !isRefused) noteStoodBy(world, process, token)
        })
      })
    })
}

/** `TokenSource.fetch` reports a rejection for its caller, except that of its second attempt. */
function noteRefusal(world: VirtualWorld, process: VirtualProcess, token: TokenTruth): void {
  token.isReported = true
  if (verdict(token.sim, world.time.nowMs()) === 'revoked') token.account.hurtAtMs = world.time.nowMs()
  process.memory[token.account.index]?.refused.add(token)
  world.trace.add(world.time.nowMs(), process.name, 'is refused', token.name)
}

/** Records that the platform's probe accepted a token that an API rejected. */
function noteStoodBy({ time }: VirtualWorld, { memory }: VirtualProcess, token: TokenTruth): void {
  const known = memory[token.account.index]
  if (known === undefined) return
  known.rejected.delete(token)
  if (known.token !== token) return
  known.isMarked = false
  known.stoodByTrueMs = time.nowMs()
}

function askForToken(
  world: VirtualWorld,
  process: VirtualProcess,
  init: RequestInit | undefined,
  answer: (delivery: Delivery, onArrival?: () => void) => void,
  refuse: (code: string) => void,
): void {
  const { time, random } = world
  const asked = JSON.parse(init?.body as string) as Readonly<Record<string, string>>
  const account = world.accounts.find(
    ({ credentials: { app, corp } }) => app === asked['app'] && corp === asked['corp'],
  )
  if (account === undefined || asked['secret'] !== account.credentials.secret) {
    world.broken('G8', `${process.name} asked with the secret of another account`)
    return
  }
  const weather = world.weather.upstream[account.index] ?? 'fine'
  const request = noteRequest(world, process, account)
  init?.signal?.addEventListener('abort', () => {
    request.outcome = 'lost'
    noteFailure(world, request, weather)
  })
  if (weather === 'refusing' || weather === 'silent') {
    request.outcome = weather === 'silent' ? 'lost' : 'failed'
    world.trace.add(time.nowMs(), 'up', 'is not reached', weather)
    noteFailure(world, request, weather)
    if (weather === 'refusing') refuse('ECONNREFUSED')
    return
  }
  time.after(random.between(5, 100), () => {
    const delivery = answerRequest(world, request, weather)
    if (request.outcome !== 'new' && request.outcome !== 'same') noteFailure(world, request, weather)
    answer(delivery, () => {
      if (request.outcome === 'failed') coolDown(world, request, weather)
      noteArrival(world, request)
    })
  })
}

const classes: Partial<Record<UpstreamWeather, ErrorClass>> = {
  throttled: 'rate-limited',
  limited: 'rate-limited',
  'bad-secret': 'credential-invalid',
}

/** The longest wait after failures of a class, including retries, the delay of a background refresh, and a request. */
function longestWaitMs(weather: UpstreamWeather): number {
  return coolDownMs(classes[weather] ?? 'transient', { failures: 30, jitter: 1 }) + 90_000
}

function noteFailure(world: VirtualWorld, { account, process }: TokenRequest, weather: UpstreamWeather): void {
  const now = world.time.nowMs()
  account.failedAtMs = now
  account.failedBy = process
  account.excusedUntilMs = Math.max(account.excusedUntilMs, now + 10_000 + longestWaitMs(weather))
}

/** Once it knows a limit, the fleet waits at least for the first cool-down, or that of the platform if it gives one. */
function coolDown(world: VirtualWorld, { account, process }: TokenRequest, weather: UpstreamWeather): void {
  const errorClass = classes[weather]
  if (errorClass === undefined) return
  const now = world.time.nowMs()
  const retryAfterMs = weather === 'throttled' ? throttledSeconds * 1000 : undefined
  account.coolUntilMs = now + coolDownMs(errorClass, { failures: 1, jitter: 0, retryAfterMs })
  account.cooledAtMs = now
  account.cooledBy = process
}

/** The members of a `Response` that the core reads; a real one would cost more than the rest of a run. */
function responseOf({ status, text, headers = {} }: VirtualReply): Response {
  const reader = (): unknown => {
    let isRead = false
    return {
      read: async () => {
        const isDone = isRead
        isRead = true
        return isDone ? { done: true } : { done: false, value: Buffer.from(text) }
      },
      cancel: async () => undefined,
    }
  }
  const response = {
    status,
    ok: status < 300,
    headers: { get: (name: string) => headers[name] ?? null },
    body: { getReader: reader, cancel: async () => undefined },
    bodyUsed: false,
    clone: () => responseOf({ status, text, headers }),
  }
  return response as unknown as Response
}
