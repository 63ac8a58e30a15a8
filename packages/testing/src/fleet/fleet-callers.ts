import { apiVerdict } from './virtual-upstream.js'
import { checkFailure, checkReturn, pendingCall, type PendingCall } from './check-returns.js'
import { memoryOf } from './fleet-memory.js'
import { verdict } from '../simulator/token-book.js'
import type { TokenTruth, VirtualAccount, VirtualProcess, VirtualWorld } from './virtual-world.js'

/** Schedules the calls of a slot during the life of a new token, most of them near its end. */
export function planCalls(world: VirtualWorld, token: TokenTruth): void {
  const { account, sim } = token
  const { random, plan, time } = world
  const lifeMs = sim.expiresAtMs - time.nowMs()
  const windowMs = Math.min(lifeMs, (account.provider.spec.renewal.attemptsAtSeconds[0] ?? 0) * 1200)
  for (const [slot, { activity }] of plan.slots.entries()) {
    const calm = Math.round(random.number() * 4 * activity)
    const late = Math.round(random.number() * 5 * activity)
    for (let i = 0; i < calm; i += 1) callAt(world, slot, account, time.nowMs() + random.between(0, lifeMs))
    for (let i = 0; i < late; i += 1) {
      callAt(world, slot, account, sim.expiresAtMs - random.between(-3000, windowMs))
    }
  }
  // All at once, where the risk is highest.
  if (random.chance(0.3)) {
    const atMs = sim.expiresAtMs - random.between(0, Math.min(windowMs, 30_000))
    for (const slot of plan.slots.keys()) callAt(world, slot, account, atMs + random.between(0, 20), 5)
  }
}

/** Makes one or more calls of a slot, if it then has a process and the run continues. */
export function callAt(world: VirtualWorld, slot: number, account: VirtualAccount, atMs: number, count = 1): void {
  if (atMs > world.startMs + world.plan.horizonMs) return
  world.time.at(atMs, () => {
    const process = world.slots[slot]
    if (process === undefined || world.figures.calls > world.plan.mostCalls) return
    process.enter(() => {
      for (let i = 0; i < count; i += 1) call(world, process, account)
    })
  })
}

/** Makes one call of any kind, inside the process. */
function call(world: VirtualWorld, process: VirtualProcess, account: VirtualAccount): void {
  const { random, plan } = world
  const kind = random.number()
  if (kind < 0.06) callForLonger(world, process, account)
  else if (kind < 0.16) callByFetch(world, process, account)
  else if (kind < 0.16 + plan.trouble.forced * 0.05) forceRefresh(world, process, account)
  else getToken(world, process, account)
}

/** Gets a token and uses it. */
export function getToken(world: VirtualWorld, process: VirtualProcess, account: VirtualAccount): void {
  const pending = pendingCall(world, process, account)
  process.sources[account.index]?.getAccessToken().then(
    (value) => {
      const token = checkReturn(world, pending, value)
      if (token !== undefined) useLater(world, process, token)
    },
    (error: unknown) => {
      checkFailure(world, pending, error)
    },
  )
}

function callForLonger(world: VirtualWorld, process: VirtualProcess, account: VirtualAccount): void {
  const { attemptsAtSeconds } = account.provider.spec.renewal
  const minLifeMs = world.random.between(1, Math.round((attemptsAtSeconds[0] ?? 60) * 600))
  const pending = pendingCall(world, process, account, minLifeMs)
  process.sources[account.index]?.getAccessToken({ minLifeMs }).then(
    (value) => {
      checkReturn(world, pending, value)
    },
    (error: unknown) => {
      checkFailure(world, pending, error)
    },
  )
}

function callByFetch(world: VirtualWorld, process: VirtualProcess, account: VirtualAccount): void {
  const pending = { ...pendingCall(world, process, account), atHand: undefined }
  process.sources[account.index]?.fetch('/api').then(
    () => {
      world.figures.served += 1
    },
    (error: unknown) => {
      checkFailure(world, pending, error)
    },
  )
}

function forceRefresh(world: VirtualWorld, process: VirtualProcess, account: VirtualAccount): void {
  const memory = memoryOf(process, account.index)
  const pending = { ...pendingCall(world, process, account), atHand: undefined }
  memory.forced += 1
  world.trace.add(world.time.nowMs(), process.name, 'forces a refresh of', account.name)
  const end = (): void => {
    memory.forced -= 1
  }
  process.sources[account.index]
    ?.refresh()
    .finally(end)
    .then(
      (record) => {
        checkReturn(world, pending, record.value)
      },
      (error: unknown) => {
        checkFailure(world, pending, error)
      },
    )
}

/** Most callers use a token at once, some much later. */
function useLater(world: VirtualWorld, process: VirtualProcess, token: TokenTruth): void {
  const { random, time } = world
  if (random.chance(0.2)) return
  const keptMs = random.chance(0.1) ? random.between(1000, token.account.lifeMs) : random.between(10, 150)
  time.after(keptMs, () => {
    if (!process.isAlive) return
    const code = apiVerdict(world, token, true)
    if (code === undefined) return
    time.after(random.between(10, 100), () => {
      process.enter(() => {
        report(world, process, token, code)
      })
    })
  })
}

function report(world: VirtualWorld, process: VirtualProcess, token: TokenTruth, code: number): void {
  const { account } = token
  const memory = memoryOf(process, account.index)
  const pending: PendingCall = { ...pendingCall(world, process, account), atHand: undefined, reported: token }
  world.figures.rejections += 1
  world.trace.add(world.time.nowMs(), process.name, 'reports', `${token.name} ${code}`)
  memory.rejected.add(token)
  token.isReported = true
  if (code === 40014 && verdict(token.sim, world.time.nowMs()) === 'revoked') account.hurtAtMs = world.time.nowMs()
  process.sources[account.index]?.reportRejected(token.sim.value, code).then(
    (value) => {
      checkReturn(world, pending, value)
    },
    (error: unknown) => {
      checkFailure(world, pending, error)
    },
  )
}
