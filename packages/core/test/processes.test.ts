import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ConfigError, TokenManager } from '@lingpai/core'
import { fileCache } from '@lingpai/cache-file'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import { bundled } from '../../testing/test/support/bundle.js'
import { sourceOf } from './world.js'

const caller = bundled(new URL('children/caller.ts', import.meta.url))
const waiter = bundled(new URL('children/waiter.ts', import.meta.url))

let simulator: Simulator
let directory: string
let workers: Worker[]
beforeEach(async () => {
  simulator = await startSimulator()
  directory = await mkdtemp(join(tmpdir(), 'lingpai-'))
  workers = []
})
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.end()))
  await simulator.close()
  await rm(directory, { recursive: true, force: true })
})

interface Said {
  readonly event: 'ready' | 'done' | 'lease-lost'
  readonly failed?: number
  readonly generations?: readonly number[]
  readonly values?: number
  readonly works?: boolean
}

interface Worker {
  readonly child: ChildProcess
  go(): void
  /** The next line that reports `event`. */
  next(event: Said['event']): Promise<Said>
  end(): Promise<void>
}

async function startWorker(callers: number): Promise<Worker> {
  const facts = { directory, url: simulator.url, ...simulator.accounts.wechat, callers: String(callers) }
  const child = spawn(process.execPath, [await caller, JSON.stringify(facts)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = new Promise<void>((resolve) =>
    child.once('exit', () => {
      resolve()
    }),
  )
  const lines: Said[] = []
  const waiting: (() => void)[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(JSON.parse(line) as Said)
    for (const wake of waiting.splice(0)) wake()
  })
  const worker: Worker = {
    child,
    go: () => child.stdin.write('go\n'),
    next: async (event) => {
      for (;;) {
        const at = lines.findIndex((line) => line.event === event)
        if (at >= 0) return lines.splice(at, 1)[0] as Said
        const isOver = await Promise.race([
          exited.then(() => true),
          new Promise<boolean>((resolve) =>
            waiting.push(() => {
              resolve(false)
            }),
          ),
        ])
        if (isOver && !lines.some((line) => line.event === event))
          throw new ConfigError(`the process ended before ${event}`)
      }
    },
    end: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await exited
    },
  }
  workers.push(worker)
  await worker.next('ready')
  return worker
}

/** Resolves once the platform has received this many token requests. */
async function requestsSeen(count: number): Promise<void> {
  while (simulator.ledger.tokenRequests() < count) await new Promise((resolve) => setImmediate(resolve))
}

test('8 processes of 50 callers each, cold on one file cache, make one upstream request', async () => {
  const fleet = await Promise.all(Array.from({ length: 8 }, () => startWorker(50)))
  for (const worker of fleet) worker.go()
  const said = await Promise.all(fleet.map((worker) => worker.next('done')))
  expect(said).toEqual(fleet.map(() => ({ event: 'done', failed: 0, generations: [1], values: 1, works: true })))
  expect(simulator.ledger.tokenRequests()).toBe(1)
  expect(simulator.ledger.deadPresented()).toBe(0)
}, 60_000)

test('a lease holder killed during its upstream request is replaced by another process: two requests in all', async () => {
  simulator.fault({ endpoint: 'token', hang: true })
  const holder = await startWorker(1)
  holder.go()
  await requestsSeen(1)
  const fleet = await Promise.all(Array.from({ length: 4 }, () => startWorker(50)))
  for (const worker of fleet) worker.go()
  holder.child.kill('SIGKILL')
  const said = await Promise.all(fleet.map((worker) => worker.next('done')))
  expect(said).toEqual(fleet.map(() => ({ event: 'done', failed: 0, generations: [1], values: 1, works: true })))
  expect(simulator.ledger.tokenRequests()).toBe(2)
}, 60_000)

test('a lease holder stopped past its lease resumes too late: the newer record stays', async () => {
  const slow = simulator.fault({ endpoint: 'token', latencyMs: 300 })
  const holder = await startWorker(1)
  holder.go()
  await requestsSeen(1)
  holder.child.kill('SIGSTOP')
  slow.clear()
  const successor = await startWorker(10)
  successor.go()
  expect(await successor.next('done')).toEqual({ event: 'done', failed: 0, generations: [1], values: 1, works: true })
  const manager = new TokenManager({ cache: fileCache({ directory }) })
  const witness = sourceOf(simulator, manager, 'wechatPlain')
  const before = await witness.getRecord()

  holder.child.kill('SIGCONT')
  await holder.next('lease-lost')
  expect(await holder.next('done')).toMatchObject({ failed: 0, works: true })
  const after = new TokenManager({ cache: fileCache({ directory }) })
  expect((await sourceOf(simulator, after, 'wechatPlain').getRecord()).value).toBe(before.value)
  expect(simulator.ledger.tokenRequests()).toBe(2)
  await Promise.all([manager.close(), after.close()])
}, 60_000)

test('plain scripts that wait for another process’s refresh stay alive until they have their token', async () => {
  simulator.fault({ endpoint: 'token', latencyMs: 1500 })
  const facts = JSON.stringify({ directory, url: simulator.url, ...simulator.accounts.wechat })
  const file = await waiter
  const runScript = (): Promise<string> =>
    new Promise((resolve) => {
      execFile(process.execPath, [file, facts], (error, stdout) => {
        resolve(error === null ? stdout : `exit ${String(error.code)}`)
      })
    })
  expect(await Promise.all([runScript(), runScript(), runScript()])).toEqual(['got it', 'got it', 'got it'])
  expect(simulator.ledger.tokenRequests()).toBe(1)
}, 60_000)
