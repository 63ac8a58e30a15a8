import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Journal } from './journal.js'
import type { MemberFacts, MemberLine } from './member-facts.js'
import { nowMs } from './now.js'

/** Real processes, by their numbers; a new process gets a new number. */
export interface Fleet {
  /** Numbers of the living processes, without the two that are never killed. */
  killable(): readonly number[]
  /** Numbers of the running processes that may be stopped. */
  running(): readonly number[]
  kill(member: number): void
  stop(member: number): void
  resume(member: number): void
  /** Starts processes until there are as many as at the beginning. */
  fill(): Promise<void>
  /** Calls and failures since the last query. */
  drain(): { readonly calls: number; readonly failed: number; readonly silent: readonly number[] }
  /** Resolves when all processes have ended. */
  close(): Promise<void>
}

const file = fileURLToPath(new URL('member.ts', import.meta.url))
const elders = 2
const pageBytes = 4096

interface Member {
  readonly number: number
  readonly child: ChildProcess
  calls: number
  failed: number
  standstill: { readonly fromMs: number; toMs: number } | undefined
  isOurs: boolean
}

/** Starts the fleet. */
export async function startFleet(
  size: number,
  factsOf: (member: number) => MemberFacts,
  journal: Journal,
): Promise<Fleet> {
  const members = new Map<number, Member>()
  let count = 0
  const fill = async (): Promise<void> => {
    const starts: Promise<void>[] = []
    while (members.size < size) {
      count += 1
      starts.push(startMember(count, factsOf(count), members, journal))
    }
    await Promise.all(starts)
  }
  const resume = (number: number): void => {
    const member = members.get(number)
    member?.child.kill('SIGCONT')
    if (member?.standstill) member.standstill.toMs = nowMs()
    if (member) member.standstill = undefined
  }
  const sampling = setInterval(() => sampleMemory(members, journal), 500)
  await fill()
  return {
    killable: () => [...members.keys()].filter((number) => number > elders),
    running: () => [...members.values()].filter(({ standstill }) => !standstill).map(({ number }) => number),
    kill: (number) => {
      const member = members.get(number)
      if (member === undefined) return
      member.isOurs = true
      members.delete(number)
      journal.kills.push({ member: number, atMs: nowMs() })
      if (member.standstill) member.standstill.toMs = nowMs()
      member.child.kill('SIGKILL')
    },
    stop: (number) => {
      const member = members.get(number)
      if (member === undefined) return
      const standstill = { member: number, fromMs: nowMs(), toMs: Infinity }
      journal.standstills.push(standstill)
      member.standstill = standstill
      member.child.kill('SIGSTOP')
    },
    resume,
    fill,
    drain: () => drain(members),
    close: async () => {
      clearInterval(sampling)
      const ends = [...members.values()].map(async (member) => {
        member.isOurs = true
        const ended = once(member.child, 'exit')
        member.child.kill('SIGKILL')
        await ended
      })
      await Promise.all(ends)
    },
  }
}

function drain(members: ReadonlyMap<number, Member>): ReturnType<Fleet['drain']> {
  const all = [...members.values()]
  const sum = (of: (member: Member) => number): number => all.reduce((total, member) => total + of(member), 0)
  const found = {
    calls: sum(({ calls }) => calls),
    failed: sum(({ failed }) => failed),
    silent: all.filter(({ calls }) => calls === 0).map(({ number }) => number),
  }
  for (const member of all) member.calls = member.failed = 0
  return found
}

async function startMember(
  number: number,
  facts: MemberFacts,
  members: Map<number, Member>,
  journal: Journal,
): Promise<void> {
  // A small young generation, and an old one that is collected in time, so that the figure is the memory that stays in use.
  journal.starts.push({ member: number, atMs: nowMs() })
  const flags = ['--max-semi-space-size=1', '--expose-gc', '--conditions=@lingpai/source', '--import', 'tsx']
  const child = spawn(process.execPath, [...flags, file, JSON.stringify(facts)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const member: Member = { number, child, calls: 0, failed: 0, standstill: undefined, isOurs: false }
  members.set(number, member)
  await new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      if (!member.isOurs) journal.unhandled.push(`process ${number} ended by itself (${String(code ?? signal)})`)
      members.delete(number)
      resolve()
    })
    child.once('error', (error) => {
      journal.unhandled.push(`process ${number} did not start: ${error.message}`)
      members.delete(number)
      resolve()
    })
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line) as MemberLine
      if (said.event === 'ready') resolve()
      else writeDown(said, member, journal)
    })
  })
}

function writeDown(said: Exclude<MemberLine, { event: 'ready' }>, member: Member, journal: Journal): void {
  switch (said.event) {
    case 'unhandled':
      journal.unhandled.push(`process ${member.number}: ${said.what}`)
      break
    case 'stalled':
      journal.standstills.push({ member: member.number, fromMs: said.fromMs, toMs: said.toMs })
      break
    case 'heard': {
      const { event: _, ...heard } = said
      journal.heard.push({ member: member.number, ...heard })
      break
    }
    case 'counts':
      member.calls += said.calls
      member.failed += said.failed
      journal.calls += said.calls
      journal.failed += said.failed
  }
}

function sampleMemory(members: ReadonlyMap<number, Member>, journal: Journal): void {
  for (let number = 1; number <= elders; number += 1) {
    const pid = members.get(number)?.child.pid
    if (pid === undefined || process.platform !== 'linux') continue
    const [, pages = '0'] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')
    journal.memory.push({ member: number, atMs: nowMs(), bytes: Number(pages) * pageBytes })
  }
}
