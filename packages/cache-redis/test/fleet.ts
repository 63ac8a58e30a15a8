import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { ConfigError } from '@lingpai/core'
import { wechatMpPlain } from '@lingpai/provider-wechat-mp'
import type { Simulator } from '@lingpai/testing'

/** A line that a member prints. */
export interface Said {
  readonly event: 'ready' | 'done' | 'loaded' | 'refreshed' | 'adopted' | 'lease-lost' | 'unhandled'
  readonly failed?: number
  readonly generation?: number
  readonly generations?: readonly number[]
  readonly works?: boolean
  readonly waitedMs?: number
  readonly calls?: number
  readonly cacheFailures?: number
}

/** A process of `children/fleet-member.ts`. */
export interface Member {
  tell(line: string): void
  signal(signal: NodeJS.Signals): void
  /** The next line of one of these events; earlier lines of others stay. */
  next(...events: Said['event'][]): Promise<Said>
  /** All lines so far that nobody asked for. */
  readonly lines: readonly Said[]
  end(): Promise<void>
}

/** Starts a member on a Redis and a simulator; it has printed `ready`. */
export async function startMember(redisUrl: string, simulator: Simulator): Promise<Member> {
  const { baseUrl, renewal } = simulator.provider(wechatMpPlain).spec
  const facts = { redisUrl, baseUrl, renewal, ...simulator.accounts.wechat }
  const file = new URL('children/fleet-member.ts', import.meta.url).pathname
  const flags = ['--conditions=@lingpai/source', '--import', 'tsx']
  const child = spawn(process.execPath, [...flags, file, JSON.stringify(facts)], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.on('error', () => undefined)
  const lines: Said[] = []
  let wake = (): void => undefined
  let isOver = false
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(JSON.parse(line) as Said)
    wake()
  })
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      isOver = true
      wake()
      resolve()
    })
  })
  const member: Member = {
    lines,
    tell: (line) => {
      child.stdin.write(`${line}\n`)
    },
    signal: (signal) => {
      child.kill(signal)
    },
    next: async (...events) => {
      for (;;) {
        const at = lines.findIndex(({ event }) => events.includes(event))
        const [line] = at < 0 ? [] : lines.splice(at, 1)
        if (line !== undefined) return line
        if (isOver) throw new ConfigError(`the process ended before ${events.join(' or ')}`)
        await new Promise<void>((resolve) => (wake = resolve))
      }
    },
    end: async () => {
      child.kill('SIGCONT')
      child.kill('SIGKILL')
      await ended
    },
  }
  await member.next('ready')
  return member
}

/** Resolves once the platform has seen so many token requests. */
export async function requestsSeen(simulator: Simulator, count: number): Promise<void> {
  while (simulator.ledger.tokenRequests() < count) await new Promise((resolve) => setImmediate(resolve))
}
