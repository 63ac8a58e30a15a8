import { AsyncLocalStorage } from 'node:async_hooks'
import { systemClock, type Clock } from '@lingpai/core'
import type { Knowledge } from './journal.js'
import { callHeaders, deadCodes } from './member-facts.js'
import { nowMs } from './now.js'

/** Options for a process's manager that record, for each call, what was known when its token was chosen. */
export interface Witness {
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
  /** Runs one call, apart from all others. */
  readonly call: <T>(call: () => Promise<T>) => Promise<T>
}

/**
 * The witness needs no tolerance. The moment of the choice is when the core first read a clock for this call in this turn of the
 * event loop. A response counts as known two turns after it was read, however long those take on a busy machine. If a process is
 * stopped between its choice and its call, it chose before the stop; if it continues after a stop without reading a clock again,
 * it chose when it calls.
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

/** When a call last began to read clocks, and in which turn of the event loop. */
interface Call {
  turn: number
  lookedAtMs: number
}

/** What a process remembers about the tokens of an API. */
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
