import type { FaultEffect, Simulator } from '@lingpai/testing/simulator'
import type { Fleet } from './fleet.js'
import type { AccountName, Journal } from './journal.js'
import { nowMs } from './now.js'
import type { Random } from './random.js'
import type { RedisProcess } from './redis-process.js'

/** What the monkey can break. */
export interface Cage {
  readonly simulator: Simulator
  readonly fleet: Fleet
  readonly journal: Journal
  readonly random: Random
  /** Only if the cache is a Redis. */
  readonly redis?: RedisProcess
}

/** How often the monkey did each thing. */
export type Deeds = Readonly<Record<string, number>>

const accounts = ['wechat', 'wecom'] as const
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Causes faults for the given time, and then repairs everything. */
export async function letLoose(cage: Cage, forMs: number): Promise<Deeds> {
  const { random, redis, simulator, fleet } = cage
  const deeds: Record<string, number> = {}
  const pending = new Set<Promise<void>>()
  let failed: Promise<void> | undefined
  // An act that fails ends the run; unhandled, it would end this process before it has ended its children.
  const watch = (act: Promise<void>): void => {
    act.catch(() => {
      failed ??= act
    })
  }
  const endsAtMs = nowMs() + forMs
  const acts: readonly [Act, ...Act[]] = [
    kill,
    killHolder,
    killHolder,
    stop,
    stopHolder,
    faultAtToken,
    faultAtApi,
    revoke,
  ]
  let storeActs: Promise<void> | undefined
  while (nowMs() < endsAtMs && failed === undefined) {
    await pause(random.between(200, 900))
    const act = random.pick(acts)
    const done = act(cage).finally(() => pending.delete(done))
    pending.add(done)
    watch(done)
    deeds[act.name] = (deeds[act.name] ?? 0) + 1
    if (redis !== undefined && storeActs === undefined && random.between(0, 1) < 0.1) {
      const storeAct = random.pick([killRedis, pauseRedis, flushRedis])
      deeds[storeAct.name] = (deeds[storeAct.name] ?? 0) + 1
      storeActs = storeAct(cage, redis).finally(() => (storeActs = undefined))
      watch(storeActs)
    }
  }
  await Promise.allSettled([...pending, storeActs])
  await failed
  simulator.clearFaults()
  await fleet.fill()
  return { ...deeds, revoke: cage.journal.revocations.length }
}

type Act = (cage: Cage) => Promise<void>

function oneOf(list: readonly number[], random: Random): number | undefined {
  const [first, ...others] = list
  return first === undefined ? undefined : random.pick([first, ...others])
}

/** Waits for a process that is requesting a token. */
async function holder({ journal }: Cage): Promise<number | undefined> {
  for (let i = 0; i < 500; i += 1) {
    const found = journal.tokenRequests.slice(-8).find(({ endedAtMs }) => endedAtMs === Infinity)
    if (found !== undefined) return found.member
    await pause(5)
  }
  return undefined
}

async function kill({ fleet, random }: Cage, wanted?: number): Promise<void> {
  const victim = wanted ?? oneOf(fleet.killable(), random)
  if (victim === undefined || !fleet.killable().includes(victim)) return
  fleet.kill(victim)
  await pause(random.between(0, 1500))
  await fleet.fill()
}

async function killHolder(cage: Cage): Promise<void> {
  const { random } = cage
  fault(cage, 'token', { latencyMs: random.between(50, 800) })
  const found = await holder(cage)
  await pause(random.between(0, 300))
  if (found !== undefined) await kill(cage, found)
}

async function stop({ fleet, random }: Cage, wanted?: number): Promise<void> {
  const victim = wanted ?? oneOf(fleet.running(), random)
  if (victim === undefined || !fleet.running().includes(victim)) return
  fleet.stop(victim)
  await pause(random.between(100, 4000))
  fleet.resume(victim)
}

async function stopHolder(cage: Cage): Promise<void> {
  const found = await holder(cage)
  if (found !== undefined) await stop(cage, found)
}

function fault({ simulator, journal, random }: Cage, endpoint: 'token' | 'api', effect: FaultEffect, times = 1): void {
  const account = random.pick(accounts)
  simulator.fault({ platform: account, endpoint, times, ...effect })
  journal.faults.push({ account, atMs: nowMs(), text: `${times} × ${endpoint} ${JSON.stringify(effect)}` })
}

async function faultAtToken(cage: Cage): Promise<void> {
  const effect = cage.random.pick<FaultEffect>([
    { status: 502 },
    { drop: 'before' },
    { drop: 'midway' },
    { drop: 'after' },
    { hang: true },
    { latencyMs: 2500 },
    { truncate: 20 },
    { body: { errcode: -1, errmsg: 'system error' } },
    { body: '<html>busy</html>' },
  ])
  fault(cage, 'token', effect)
}

async function faultAtApi(cage: Cage): Promise<void> {
  const effects = [{ status: 502 }, { drop: 'before' }, { drop: 'after' }, { latencyMs: 1500 }] as const
  fault(cage, 'api', cage.random.pick<FaultEffect>(effects), 20)
}

/** Several young tokens in a row that die look like a rival, and the core then waits longer and longer between refreshes. */
const betweenRevocationsMs = 12_000

async function revoke({ simulator, journal, random }: Cage): Promise<void> {
  const isRested = (account: AccountName): boolean =>
    !journal.revocations.some((one) => one.account === account && nowMs() - one.atMs < betweenRevocationsMs)
  const [first, ...others] = accounts.filter(isRested)
  if (first === undefined) return
  const account = random.pick([first, ...others])
  simulator.revoke(account)
  journal.revocations.push({ account, atMs: nowMs() })
}

type StoreAct = (cage: Cage, redis: RedisProcess) => Promise<void>

async function outage({ journal }: Cage, act: () => Promise<void>): Promise<void> {
  const span = { fromMs: nowMs(), toMs: Infinity }
  journal.outages.push(span)
  await act()
  span.toMs = nowMs()
}

const killRedis: StoreAct = async (cage, redis) =>
  outage(cage, async () => {
    await redis.kill()
    await pause(cage.random.between(100, 3000))
    await redis.start()
  })

const pauseRedis: StoreAct = async (cage, redis) =>
  outage(cage, async () => {
    redis.signal('SIGSTOP')
    await pause(cage.random.between(100, 3000))
    redis.signal('SIGCONT')
  })

const flushRedis: StoreAct = async (cage, redis) => outage(cage, () => redis.flush())
