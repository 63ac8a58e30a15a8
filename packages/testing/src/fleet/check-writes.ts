import { wasClockSetBack } from './clock-set-back.js'
import { wereAskedTogether } from './tokens-asked-together.js'
import type { StoreEntry, TokenTruth, VirtualProcess, VirtualWorld } from './virtual-world.js'

/** A write as the store is about to do it. */
export interface PendingWrite {
  readonly key: string
  readonly before: StoreEntry | undefined
  readonly text: string
  readonly token: TokenTruth | undefined
  readonly generation: number
  readonly how: StoreEntry['how']
}

/** What a process began before the store failed it may still be under way this much later. */
const settlesWithinMs = 15_000

/** G5 and G8 as far as the store sees them: whole records, of the right account, and never an older one over a newer. */
export function checkWrite(world: VirtualWorld, process: VirtualProcess, write: PendingWrite): void {
  const { key, before, text, token, generation, how } = write
  if (key.endsWith(':failure')) {
    if (!isObjectText(text)) world.broken('G5', `${process.name} wrote half a failure`)
    return
  }
  if (token === undefined || !Number.isSafeInteger(generation)) {
    world.broken('G5', `${process.name} wrote what is no record of a token`)
    return
  }
  if (!key.includes(`:${token.account.credentials.app}:`)) {
    world.broken('G8', `${process.name} wrote ${token.name} under the key of another account`)
  }
  token.storedAtMs ??= world.time.nowMs()
  const old = before?.token
  if (before?.text === undefined || old === undefined) return
  const { account } = token
  // A count that began anew once the store had lost the old one.
  const isRestarted = account.epoch > 0 && token.order > old.order
  const isBack = generation < before.generation && !isRestarted
  const isOlder = token !== old && (token.order < old.order || (generation === before.generation && !isRestarted))
  if (!isBack && !isOlder) return
  const now = world.time.nowMs()
  // Without the lease, which the store refused to give or to tell of, a write is a look and a hope.
  const isOpen = token !== old && wereAskedTogether(token, old)
  const isUnfenced = (how === 'set' && process.troubleAtMs >= now - settlesWithinMs) || before.how === 'set'
  const isBlamed = wasClockSetBack(world, Math.min(token.sim.issuedAtMs, old.sim.issuedAtMs))
  if (isUnfenced || isOpen || isBlamed) {
    world.figures.excused += 1
    return
  }
  world.broken(
    'G5',
    `${process.name} replaced ${old.name} of generation ${before.generation} by ${token.name} of generation ${generation} (${how})`,
  )
}

function isObjectText(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}
