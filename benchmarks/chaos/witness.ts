import { AsyncLocalStorage } from 'node:async_hooks'
import { systemClock, type Clock } from '@lingpai/core'
import type { Knowledge } from './journal.js'
import { callHeaders, deadCodes } from './member-facts.js'
import { nowMs } from './now.js'

/** What is given to a process's manager, so that each call tells what was known when its token was chosen. */
export interface Witness {
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
  /** Runs one call, apart from all others. */
  readonly call: <T>(call: () => Promise<T>) => Promise<T>
}

/**
 * A witness needs no tolerance: it takes the moment at which the core first looked at a clock for this call in this turn of
 * the event loop for that of the choice, and an answer for known two turns after it was read, however long those take on a
 * busy machine. A process that is stopped between its choice and its call has chosen before; one that goes on after a stop
 * without having looked again has chosen when it calls.
 */
export function witness(member: number): Witness {
  const calls = new AsyncLocalStorage<Call>()
  let turn = 0
  let isTurnOver = true
  const looked = <T>(value: T): T => {
    if (isTurnOver) {
      isTurnOver = false
      setImmediate(() => {
        turn += 1
        isTurnOver = true
      })
    }
    const call = calls.getStore()
    if (call !== undefined && call.turn !== turn) Object.assign(call, { turn, lookedAtMs: nowMs() })
    return value
  }
  const chosenAtMs = (): number => {
    const call = calls.getStore()
    return call?.turn === turn ? call.lookedAtMs : nowMs()
  }
  const memories = new Map<string, Memory>()
  const clock: Clock = {
    ...systemClock,
    now: () => looked(systemClock.now()),
    monotonic: () => looked(systemClock.monotonic()),
  }
  const fetchAsWitness: typeof globalThis.fetch = async (input, init = {}) => {
    const url = new URL(String(input))
    const token = url.searchParams.get('access_token')
    const memory = memories.get(url.pathname) ?? { dead: new Set(), used: new Set(), latest: undefined }
    memories.set(url.pathname, memory)
    const headers = new Headers(init.headers)
    headers.set(callHeaders.member, String(member))
    if (token === null) return fetch(input, { ...init, headers })
    headers.set(callHeaders.chosenAtMs, String(chosenAtMs()))
    headers.set(callHeaders.knew, knewOf(memory, token))
    if (!memory.used.has(token)) {
      afterTwoTurns(() => {
        memory.used.add(token)
        memory.latest = token
      })
    }
    const reply = await fetch(input, { ...init, headers })
    const text = await reply.text()
    if (isRefusal(text)) afterTwoTurns(() => memory.dead.add(token))
    return new Response(text, { status: reply.status, headers: reply.headers })
  }
  return { clock, fetch: fetchAsWitness, call: (call) => calls.run({ turn: -1, lookedAtMs: 0 }, call) }
}

/** When a call last began to look at clocks, and in which turn of the event loop. */
interface Call {
  turn: number
  lookedAtMs: number
}

/** What a process remembers of the tokens of an API. */
interface Memory {
  readonly dead: Set<string>
  readonly used: Set<string>
  latest: string | undefined
}

function knewOf({ dead, used, latest }: Memory, token: string): Knowledge {
  if (dead.has(token)) return 'told'
  return latest !== undefined && latest !== token && used.has(token) ? 'older' : 'nothing'
}

function isRefusal(text: string): boolean {
  try {
    return deadCodes.has((JSON.parse(text) as { readonly errcode?: unknown }).errcode)
  } catch {
    return false
  }
}

function afterTwoTurns(act: () => unknown): void {
  setImmediate(() => setImmediate(act))
}
