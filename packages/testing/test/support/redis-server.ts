import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@keyv/redis'
import { ConfigError } from '@lingpai/core'

/** What the tests run against: a server of their own, or the one of `REDIS_URL`. */
export type RedisKind = 'real' | 'given'

/** A Redis for one test. */
export interface TestRedis {
  readonly kind: RedisKind
  readonly port: number
  readonly url: string
  /** Sends commands on a connection of its own. */
  send(...args: string[]): Promise<unknown>
  /** Signals the server; only a real one has a process. */
  signal(signal: NodeJS.Signals): void
  /** Kills the server and waits for its end. */
  kill(): Promise<void>
  /** Starts it again, empty, on its port. */
  restart(): Promise<void>
  close(): Promise<void>
}

/** Which Redis this run has. Where there is neither, `jest.config.ts` leaves out the tests that ask for one. */
export const redisKind: RedisKind = spawnSync('redis-server', ['--version']).status === 0 ? 'real' : 'given'

/** Registers a test that needs processes of Redis: signals, Sentinel, Cluster. Without them it says so and does nothing. */
export function withRealRedis(name: string, body: () => Promise<void>, timeoutMs = 30_000): void {
  if (redisKind === 'real') {
    test(name, body, timeoutMs)
    return
  }
  test(`NOT RUN, for want of redis-server: ${name}`, () => {
    process.stderr.write(`not run, for want of redis-server: ${name}\n`)
  })
}

/** A free port of loopback. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { readonly port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Starts an empty Redis. `args` are of `redis-server`, and only for a real one. */
export async function startRedis(args: readonly string[] = []): Promise<TestRedis> {
  return redisKind === 'given' ? givenRedis() : realRedis(await freePort(), args)
}

async function realRedis(port: number, args: readonly string[]): Promise<TestRedis> {
  let child = await launch(port, args)
  const end = async (): Promise<void> => {
    child.process.kill('SIGCONT')
    child.process.kill('SIGKILL')
    await child.ended
  }
  return {
    kind: 'real',
    port,
    url: `redis://127.0.0.1:${port}`,
    send: (...command) => send(`redis://127.0.0.1:${port}`, command),
    signal: (signal) => {
      child.process.kill(signal)
    },
    kill: end,
    restart: async () => {
      child = await launch(port, args)
    },
    close: end,
  }
}

/** A process that serves. */
export interface Server {
  readonly process: ChildProcess
  readonly ended: Promise<void>
}

/** A `redis-server` (or sentinel) process that accepts connections. */
export async function launch(
  port: number,
  args: readonly string[] = [],
  readyLine = /Ready to accept connections/,
): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), 'lingpai-redis-'))
  const defaults = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory]
  const persistence = args.includes('--sentinel') ? [] : ['--save', '', '--appendonly', 'no']
  const first = args[0]?.startsWith('--') === false ? [args[0]] : []
  const command = [...first, ...defaults, ...persistence, ...args.slice(first.length)]
  const child = spawn('redis-server', command, { stdio: ['ignore', 'pipe', 'inherit'] })
  child.once('exit', () => {
    rmSync(directory, { recursive: true, force: true })
  })
  return accepting(child, readyLine)
}

/** Resolves once the process has printed the line. */
async function accepting(child: ChildProcess, readyLine: RegExp): Promise<Server> {
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve()
    })
  })
  let printed = ''
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      printed += String(chunk)
      if (readyLine.test(printed)) resolve()
    })
    child.once('exit', () => {
      reject(new ConfigError(`the server ended: ${printed}`))
    })
  })
  return { process: child, ended }
}

/** A given server lends its database 15, if that is empty. */
async function givenRedis(): Promise<TestRedis> {
  const { protocol, host, username, password, port } = new URL(process.env['REDIS_URL'] ?? '')
  const login = password === '' ? '' : `${username}:${password}@`
  const url = `${protocol}//${login}${host}/15`
  const nothing = async (): Promise<void> => undefined
  if (Number(await send(url, ['DBSIZE'])) !== 0)
    throw new ConfigError('database 15 of REDIS_URL is not empty; the tests would wipe it')
  return {
    kind: 'given',
    port: Number(port === '' ? 6379 : port),
    url,
    send: (...command) => send(url, command),
    signal: () => undefined,
    kill: nothing,
    restart: nothing,
    close: async () => {
      await send(url, ['FLUSHDB'])
    },
  }
}

/** One command to a server. */
export async function send(url: string, command: readonly string[]): Promise<unknown> {
  const client = createClient({ url, socket: { reconnectStrategy: false } })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await client.sendCommand([...command])
  } finally {
    client.destroy()
  }
}
