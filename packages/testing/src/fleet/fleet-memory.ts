import { accountOf, isFailureKey } from './virtual-store.js'
import type { ProcessMemory, StoreEntry, TokenTruth, VirtualProcess, VirtualWorld } from './virtual-world.js'

/** What a process has been told about an account. */
export function memoryOf(process: VirtualProcess, index: number): ProcessMemory {
  const memory = process.memory[index]
  if (memory === undefined) throw new RangeError(`no account ${index}`)
  return memory
}

/** A reply of the store has reached a process. */
export function learnFromStore(
  world: VirtualWorld,
  process: VirtualProcess,
  key: string,
  entry: StoreEntry | undefined,
): void {
  const account = accountOf(world, key)
  if (account === undefined || isFailureKey(key)) return
  const memory = memoryOf(process, account.index)
  memory.seenMonotonicMs = process.clock.monotonic()
  memory.seenWallMs = process.clock.now()
  const token = entry?.token
  if (token === undefined) return
  if (token === memory.token) memory.isMarked = entry?.isMarked === true
  else if (memory.token === undefined || token.order > memory.token.order)
    learn(world, process, token, { isOwn: false, isMarked: entry?.isMarked === true })
}

/** An answer of upstream has reached a process. */
export function learnFromUpstream(world: VirtualWorld, process: VirtualProcess, token: TokenTruth): void {
  const memory = memoryOf(process, token.account.index)
  memory.seenMonotonicMs = process.clock.monotonic()
  memory.seenWallMs = process.clock.now()
  if (token !== memory.token) learn(world, process, token, { isOwn: true, isMarked: false })
  else memory.expiresAtMs = Math.max(memory.expiresAtMs, token.knownExpiresAtMs)
}

function learn(
  world: VirtualWorld,
  process: VirtualProcess,
  token: TokenTruth,
  facts: Pick<ProcessMemory, 'isOwn' | 'isMarked'>,
): void {
  Object.assign(memoryOf(process, token.account.index), facts, {
    token,
    served: undefined,
    learnedAtMs: process.clock.monotonic(),
    learnedWallMs: process.clock.now(),
    learnedTrueMs: world.time.nowMs(),
    expiresAtMs: token.knownExpiresAtMs,
  })
}
