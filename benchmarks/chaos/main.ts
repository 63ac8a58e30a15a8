import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { wecom } from '@lingpai/provider-wecom'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import { startFleet, type Fleet } from './fleet.js'
import { openGate } from './gate.js'
import { newJournal } from './journal.js'
import { longestUnseenMs } from './judge-dead-calls.js'
import { judge } from './judge.js'
import type { Changes, MemberFacts } from './member-facts.js'
import { letLoose } from './monkey.js'
import { nowMs } from './now.js'
import { randomFrom } from './random.js'
import { startRedis } from './redis-process.js'
import { traceOf } from './trace.js'

/** One run; see `scripts/chaos.mjs`. */
interface Settings {
  readonly cache: 'file' | 'sqlite' | 'redis' | 'memory'
  readonly seconds: number
  readonly processes: number
  readonly seed: number
}

/** 7200 s on the platform take 10 s here. */
const timeScale = 720
const lifeMs = (7200 / timeScale) * 1000
/**
 * Not scaled: calls take as long as usual, and callers still read the cache once a second. The overlap of a `rotate` platform
 * is therefore longer than the scale implies.
 */
const marginSeconds = 0.5
const overlapSeconds = longestUnseenMs / 1000 + marginSeconds
const rotating = { overlapSeconds, memorySeconds: 1 }
/** After the last fault, everything must work for this long, at the latest when the core's longest cool-down is over. */
const [lookMs, longestMendMs] = [3000, 75_000]
/** How many breaches are printed; the first of each kind is printed with the events before it. */
const mostBreaches = 20
/** The exit code of a command whose reader has closed the pipe, as after SIGPIPE; `scripts/chaos.mjs` then stops as well. */
const unreadExitCode = 141
const settings = JSON.parse(process.argv[2] ?? '{}') as Settings
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function overrides(simulator: Simulator, gateUrl: string): Pick<MemberFacts, 'wechat' | 'wecom'> {
  const of = (spec: { readonly renewal?: object; readonly perCode?: object }, name: string, renewal = {}): Changes =>
    ({
      baseUrl: `${gateUrl}/${name}`,
      renewal: { ...spec.renewal, marginSeconds, ...renewal },
      perCode: spec.perCode,
    }) as Changes
  return {
    wechat: {
      provider: of(simulator.provider(wechatMpPlain).spec, 'wechat', rotating),
      credentials: simulator.accounts.wechat,
    },
    wecom: { provider: of(simulator.provider(wecom).spec, 'wecom'), credentials: simulator.accounts.wecom },
  }
}

/** Whether all processes get and use tokens after everything was repaired. */
async function looksWell(fleet: Fleet): Promise<string | undefined> {
  const endsAtMs = nowMs() + longestMendMs
  for (;;) {
    fleet.drain()
    await pause(lookMs)
    const { calls, failed, silent } = fleet.drain()
    if (failed === 0 && silent.length === 0) return undefined
    if (nowMs() < endsAtMs) continue
    if (failed > 0) return `${failed} of ${calls} calls still failed though nothing was broken any more`
    return `processes ${silent.join(', ')} do not call any more`
  }
}

/** Ends something that a run has opened. */
type CleanUp = () => unknown

/** Runs one chaos test; whatever it has opened is closed, the latest first, even if opening the next thing fails. */
async function run(settings: Settings): Promise<void> {
  const cleanUps: CleanUp[] = []
  try {
    await runOpened(settings, (cleanUp) => cleanUps.unshift(cleanUp))
  } finally {
    await closeAll(cleanUps)
  }
}

/** Closes one after the other, and all of them even if one fails. */
async function closeAll([first, ...others]: readonly CleanUp[]): Promise<void> {
  try {
    await first?.()
  } finally {
    if (others.length > 0) await closeAll(others)
  }
}

async function runOpened(
  { cache, seconds, processes, seed }: Settings,
  onEnd: (cleanUp: CleanUp) => void,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'lingpai-chaos-'))
  onEnd(() => rm(directory, { recursive: true, force: true }))
  const journal = newJournal()
  const simulator = await startSimulator({ timeScale })
  onEnd(() => simulator.close())
  simulator.change('wechat', { overlapSeconds: overlapSeconds * timeScale })
  const gate = await openGate(simulator.url, journal)
  onEnd(() => gate.close())
  const redis = cache === 'redis' ? await startRedis(directory) : undefined
  onEnd(() => redis?.kill())
  const cacheUrl = {
    file: `file:${directory}/tokens`,
    sqlite: `sqlite:${directory}/tokens.db`,
    redis: redis?.url ?? '',
    memory: 'memory:',
  }[cache]
  const facts = overrides(simulator, gate.url)
  const startedAtMs = nowMs()
  const fleet = await startFleet(processes, (member) => ({ member, cacheUrl, ...facts }), journal)
  onEnd(() => fleet.close())
  const deeds = await letLoose(
    { simulator, fleet, journal, random: randomFrom(seed), ...(redis && { redis }) },
    seconds * 1000,
  )
  const troubledMs = nowMs() - startedAtMs
  const problem = await looksWell(fleet)
  const runMs = nowMs() - startedAtMs
  const { lines, broken } = judge(journal, { lifeMs, startedAtMs, troubledMs, runMs })
  const done = Object.entries(deeds).map(([name, times]) => `${name} ${times}`)
  say(`chaos on ${cache}, ${(runMs / 1000).toFixed(0)} s, ${processes} processes, seed ${seed}: ${done.join(', ')}`)
  say(`calls: ${journal.calls}, failed while something was broken: ${journal.failed}`)
  for (const line of lines) say(line)
  const all = problem === undefined ? broken : [...broken, { text: problem, atMs: nowMs() }]
  const shown = new Set<string>()
  for (const breach of all.slice(0, mostBreaches)) {
    say(`BROKEN: ${breach.text}`)
    const kind = breach.text.replace(/\d+(\.\d+)?/g, '')
    if (!shown.has(kind)) for (const line of traceOf(journal, breach)) say(line)
    shown.add(kind)
  }
  say(all.length === 0 ? `chaos on ${cache}: held` : `chaos on ${cache}: ${all.length} broken`)
  if (all.length > 0) process.exitCode = 1
}

// Without a listener, a closed pipe ends this process before `run` has ended its children.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  process.exitCode = code === 'EPIPE' ? unreadExitCode : 1
})
await run(settings)
