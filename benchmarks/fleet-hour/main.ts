import { fork, type ChildProcess } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'
import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import { startRedis } from '../chaos/redis-process.js'
import { judge } from './judge.js'
import type { MemberMessage, MemberSample, MemberTask } from './member-task.js'

/** One run; see `scripts/fleet.mjs`. */
interface Settings {
  readonly minutes: number
  readonly processes: number
  readonly accounts: number
  readonly life: number
  readonly calls: number
}

/**
 * A small real fleet: processes that all refresh all accounts in the background on one redis-server, against the simulated WeChat over
 * HTTP, and call its API with tokens of random accounts. Judges memory, requests and dead tokens at the end.
 */
const {
  minutes,
  processes,
  accounts: accountCount,
  life: lifeSeconds,
  calls: callsPerSecond,
} = JSON.parse(process.argv[2] ?? '{}') as Settings
const runMs = minutes * 60_000
/** Each minute, and more often in a short run. */
const betweenSamplesMs = Math.min(60_000, runMs / 12)
/** WeChat's life of a token, in the platform's time. */
const platformLifeSeconds = 7200
const timeScale = platformLifeSeconds / lifeSeconds
/** How long the platform takes for a token. */
const latencyMs = 50
const megabyte = 2 ** 20

let isOver = false
const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** Counts the token requests that the simulator is answering: it is the only HTTP server of this process. */
function countAtOnce(): () => number {
  const open = new Set<IncomingMessage>()
  let most = 0
  const requestIn = (message: unknown): IncomingMessage => (message as { readonly request: IncomingMessage }).request
  subscribe('http.server.request.start', (message) => {
    const request = requestIn(message)
    if (request.url?.includes('stable_token') !== true) return
    most = Math.max(most, open.add(request).size)
  })
  subscribe('http.server.response.finish', (message) => open.delete(requestIn(message)))
  return () => most
}

interface Member {
  readonly child: ChildProcess
  readonly warm: Promise<void>
}

function startMember(task: MemberTask, samples: MemberSample[]): Member {
  const child = fork(fileURLToPath(new URL('member.ts', import.meta.url)), [], {
    execArgv: [...process.execArgv, '--expose-gc'],
    serialization: 'advanced',
  })
  child.once('exit', (code) => {
    if (isOver || code === 0) return
    say(`a process of the fleet ended with code ${String(code)}`)
    process.exit(1)
  })
  child.send(task)
  const warm = new Promise<void>((resolve) => {
    child.on('message', (message) => {
      const told = message as MemberMessage
      if (told === 'warm') resolve()
      else samples.push(told)
    })
  })
  return { child, warm }
}

function tasks(simulator: Simulator, redisUrl: string, accounts: MemberTask['accounts']): readonly MemberTask[] {
  const { baseUrl, renewal, perCode } = simulator.provider(wechatMp).spec
  return Array.from({ length: processes }, (_, index) => ({
    redisUrl,
    provider: { baseUrl, renewal, perCode } as MemberTask['provider'],
    accounts,
    first: Math.floor((index * accounts.length) / processes),
    callsPerSecond,
    betweenSamplesMs,
  }))
}

const mean = (list: readonly number[]): number => list.reduce((sum, one) => sum + one, 0) / list.length

const mostAtOnce = countAtOnce()
const accounts = Array.from({ length: accountCount }, (_, index) => ({
  appId: `wx${index.toString(16).padStart(16, '0')}`,
  appSecret: `fleet-app-secret-${index}-not-real`,
}))
const simulator = await startSimulator({ timeScale, accounts: { wechat: accounts }, maxEntries: 1000 })
simulator.fault({ endpoint: 'token', latencyMs, times: Infinity })
const directory = await mkdtemp(join(tmpdir(), 'lingpai-fleet-'))
const redis = await startRedis(directory)
const samples: MemberSample[][] = Array.from({ length: processes }, () => [])
const members = tasks(simulator, redis.url, accounts).map((task, index) => startMember(task, samples[index] ?? []))
try {
  await Promise.all(members.map(({ warm }) => warm))
  say(
    `${processes} processes, ${accountCount} accounts, tokens of ${lifeSeconds} s, ${minutes} minutes; warm after ${simulator.ledger.tokenRequests()} token requests, ${mostAtOnce()} at once at most`,
  )
  for (const { child } of members) child.send('go')
  const warmMs = runMs / 4
  await pause(warmMs)
  const warm = simulator.ledger.tokenRequests()
  for (let leftMs = runMs - warmMs; leftMs > 0; leftMs -= betweenSamplesMs) {
    await pause(Math.min(leftMs, betweenSamplesMs))
    const last = samples.flatMap((list) => list.slice(-1))
    say(
      `${(minutes - (leftMs - betweenSamplesMs) / 60_000).toFixed(1)} min: heap ${(mean(last.map(({ heapBytes }) => heapBytes)) / megabyte).toFixed(1)} MB, resident ${(mean(last.map(({ residentBytes }) => residentBytes)) / megabyte).toFixed(1)} MB, ${simulator.ledger.tokenRequests()} token requests, ${simulator.ledger.deadPresented()} dead tokens`,
    )
  }
  const judged = judge({
    samples,
    accounts: accountCount,
    lifeMs: lifeSeconds * 1000,
    betweenSamplesMs,
    judgedMs: runMs - warmMs,
    tokenRequests: simulator.ledger.tokenRequests() - warm,
    deadPresented: simulator.ledger.deadPresented(),
    mostAtOnce: mostAtOnce(),
  })
  for (const { line, isGood } of judged) say(`${isGood ? 'ok  ' : 'BAD '} ${line}`)
  if (judged.some(({ isGood }) => !isGood)) process.exitCode = 1
} finally {
  isOver = true
  for (const { child } of members) if (child.connected) child.disconnect()
  await redis.kill()
  await simulator.close()
  await rm(directory, { recursive: true, force: true })
}
