import { wasClockSetBack } from './clock-set-back.js'
import { haveNoOrder } from './tokens-asked-together.js'
import { wasNeverTimed } from './was-never-timed.js'
import type { StoreEntry, TokenTruth, VirtualProcess, VirtualWorld } from './virtual-world.js'

/** A write that the store is about to apply. */
export interface PendingWrite {
  readonly key: string
  readonly before: StoreEntry | undefined
  readonly text: string
  readonly token: TokenTruth | undefined
  readonly generation: number
  readonly how: StoreEntry['how']
}

/** G5 and G8 in the store: whole records, of the right account, and never an older one over a newer one. */
export function checkWrite(world: VirtualWorld, process: VirtualProcess, write: PendingWrite): void {
  const { key, before, text, token, generation } = write
  if (key.endsWith(':failure')) {
    if (!isObjectText(text)) world.broken('G5', `${process.name} wrote a malformed failure note`)
    return
  }
  if (token === undefined || !Number.isSafeInteger(generation)) {
    world.broken('G5', `${process.name} wrote a malformed record`)
    return
  }
  if (!key.includes(`:${token.account.credentials.app}:`)) {
    world.broken('G8', `${process.name} wrote ${token.name} under the key of another account`)
  }
  const old = before?.token
  if (before?.text !== undefined && old !== undefined && isWorse(write, before, token))
    checkExcuse(world, process, write)
}

/** Whether a write moves the store back: to an older token, a lower generation, or another token of the same generation. */
function isWorse({ generation }: PendingWrite, before: StoreEntry, token: TokenTruth): boolean {
  const old = before.token
  if (old === undefined) return false
  // The generation started again after the store lost the old one.
  const isRestarted = token.account.epoch > 0 && token.order > old.order
  if (isRestarted) return false
  return (
    generation < before.generation || (token !== old && (token.order < old.order || generation === before.generation))
  )
}

function checkExcuse(world: VirtualWorld, process: VirtualProcess, write: PendingWrite): void {
  const { before, token, how, generation } = write
  const old = before?.token
  if (before === undefined || token === undefined || old === undefined) return
  const isOpen = how === 'commit' && token !== old && haveNoOrder(token, old)
  const isUntold = wasNeverTimed(token) || wasNeverTimed(old)
  const isBlamed = isUntold || wasClockSetBack(world, Math.min(token.sim.issuedAtMs, old.sim.issuedAtMs))
  // Without a lease from the store, a write is an unfenced read and write.
  const isMakeshift = [how, before.how].includes('makeshift')
  if (isMakeshift || isOpen || isBlamed) {
    world.figures.excused += 1
    return
  }
  const worse = `${old.name} of generation ${before.generation} by ${token.name} of generation ${generation}`
  world.broken('G5', `${process.name} replaced ${worse}`)
}

function isObjectText(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}
