import { fork, type ChildProcess } from 'node:child_process'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { TokenManager } from '@lingpai/core'
import { memoryCache } from '@lingpai/cache-memory'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import { clientKeys, createClientKey, startTokenServer } from '@lingpai/server'
import { startSimulator } from '@lingpai/testing/simulator'
import { fastify } from 'fastify'

/**
 * `GET /v1/accounts/:account/token` with keep-alive, in turn in one run against a bare `node:http` handler and against a fastify that
 * checks a bearer key, which both send the same bytes. Each server and the load generator is a process. Compare the ratios of processor
 * time per request, which depend neither on the load generator nor much on other processes. Rounds are short, so that the three of one
 * turn see the same machine.
 *
 * node --conditions=@lingpai/source --import tsx benchmarks/server.ts [rounds] [requests a round]
 */
const connections = 32
const path = '/v1/accounts/shop/token'
const kinds = ['bare', 'fastify', 'lingpai'] as const
type Kind = (typeof kinds)[number]

interface Target {
  readonly port: number
  readonly key: string
  readonly body: string
}

interface Round {
  readonly perSecond: number
  readonly p99Ms: number
  /** Processor time of the server, in microseconds per request. */
  readonly cpuUs: number
}

/** Serves until the parent exits; sends its processor time on request. */
function serveAs(target: Target): void {
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.(user + system)
  })
  process.once('disconnect', () => process.exit())
  process.send?.(target)
}

async function serveLingpai(): Promise<void> {
  const simulator = await startSimulator()
  const cache = memoryCache()
  const manager = new TokenManager({ cache })
  const provider = simulator.provider(wechatMp)
  const source = manager.source(provider, simulator.accounts.wechat)
  const { text, key } = createClientKey(
    { name: 'load', role: 'reader', accounts: ['shop'], rateLimit: 10_000_000 },
    Date.now(),
  )
  const accounts = [{ name: 'shop', provider, source }]
  const { url } = await startTokenServer({ accounts, manager, cache, keys: clientKeys([key]) })
  await source.getAccessToken()
  const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${text}` } })
  serveAs({ port: Number(new URL(url).port), key: text, body: await response.text() })
}

const headers = { 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' }

/** The smallest possible server: always the same body and headers. */
async function serveBare(body: string, key: string): Promise<void> {
  const all = { ...headers, 'content-length': String(Buffer.byteLength(body)) }
  const server = createServer((_, response) => {
    response.writeHead(200, all).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4096, resolve))
  serveAs({ port: (server.address() as AddressInfo).port, key, body })
}

/** The smallest fastify with a check of the key. */
async function serveFastify(body: string, key: string): Promise<void> {
  const app = fastify()
  app.addHook('onRequest', (request, reply, done) => {
    if (request.headers.authorization === `Bearer ${key}`) done()
    else void reply.code(401).send()
  })
  app.get('/v1/accounts/:account/token', (_request, reply) => {
    void reply.headers(headers).send(body)
  })
  await app.listen({ host: '127.0.0.1', port: 0, backlog: 4096 })
  serveAs({ port: (app.server.address() as AddressInfo).port, key, body })
}

/** Sends requests over kept connections, one at a time on each, and reads each response to its end. */
async function load(port: number, key: string, requests: number): Promise<void> {
  const request = `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${key}\r\n\r\n`
  const tookMs: number[] = []
  let left = requests
  const drive = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      let startedAtMs = 0
      let missing = 0
      const next = (): void => {
        left -= 1
        if (left < 0) {
          socket.destroy()
          resolve()
          return
        }
        startedAtMs = performance.now()
        socket.write(request)
      }
      socket.on('data', (part) => {
        if (missing === 0) missing = lengthOf(part.toString('latin1'))
        missing -= part.length
        if (missing > 0) return
        tookMs.push(performance.now() - startedAtMs)
        next()
      })
      socket.once('error', reject).once('connect', next)
    })
  // A generator that sleeps is woken by the server's write, which the server pays for: the more, the longer it sleeps.
  const stayAwake = (): void => {
    if (tookMs.length < requests) setImmediate(stayAwake)
  }
  stayAwake()
  const startMs = performance.now()
  await Promise.all(Array.from({ length: connections }, drive))
  const perSecond = (requests * 1000) / (performance.now() - startMs)
  const p99Ms = sorted(tookMs)[Math.floor(requests * 0.99)]
  process.send?.({ perSecond, p99Ms })
}

/** Loads a server each time the parent says so. */
function serveLoad(): void {
  process.on('message', ({ port, key, requests }: Target & { readonly requests: number }) => {
    void load(port, key, requests)
  })
  process.once('disconnect', () => process.exit())
}

/** The length of a response with its head. */
function lengthOf(start: string): number {
  const head = /^HTTP\/1\.1 200 [^]*?content-length: (\d+)\r\n[^]*?\r\n\r\n/i.exec(start)
  if (head === null) throw new RangeError(`the server sent ${start.slice(0, 30)}`)
  return head[0].length + Number(head[1])
}

function start(...args: readonly string[]): ChildProcess {
  const child = fork(fileURLToPath(import.meta.url), args, { execArgv: process.execArgv })
  child.once('exit', (code) => {
    if (code !== 0) process.exit(1)
  })
  return child
}

async function told<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve) => {
    child.once('message', (message) => {
      resolve(message as T)
    })
  })
}

async function cpuUsOf(child: ChildProcess): Promise<number> {
  child.send('cpu')
  return told<number>(child)
}

async function measure(loader: ChildProcess, child: ChildProcess, target: Target, requests: number): Promise<Round> {
  const beforeUs = await cpuUsOf(child)
  loader.send({ ...target, requests })
  const seen = await told<Omit<Round, 'cpuUs'>>(loader)
  return { ...seen, cpuUs: ((await cpuUsOf(child)) - beforeUs) / requests }
}

const sorted = (values: readonly number[]): readonly number[] => [...values].sort((a, b) => a - b)
const median = (values: readonly number[]): number => sorted(values)[values.length >> 1] ?? Number.NaN

async function compare(rounds: number, requests: number): Promise<void> {
  const lingpai = start('lingpai')
  const target = await told<Target>(lingpai)
  const loader = start('load')
  const children = {
    bare: start('bare', target.body, target.key),
    fastify: start('fastify', target.body, target.key),
    lingpai,
  }
  const targets = {
    bare: await told<Target>(children.bare),
    fastify: await told<Target>(children.fastify),
    lingpai: target,
  }
  const figures: Record<Kind, Round[]> = { bare: [], fastify: [], lingpai: [] }
  for (const kind of kinds) await measure(loader, children[kind], targets[kind], 30_000)
  for (let round = 0; round < rounds; round += 1) {
    const turn = kinds.map((_, index) => kinds[(index + round) % kinds.length] ?? 'bare')
    for (const kind of turn) figures[kind].push(await measure(loader, children[kind], targets[kind], requests))
  }
  for (const child of [loader, ...Object.values(children)]) child.disconnect()
  print(figures, requests)
}

function print(figures: Readonly<Record<Kind, readonly Round[]>>, requests: number): void {
  const line = (kind: Kind): string => {
    const all = figures[kind]
    const [perSecond, p99Ms, cpuUs] = (['perSecond', 'p99Ms', 'cpuUs'] as const).map((name) =>
      median(all.map((round) => round[name])),
    )
    return `${kind.padEnd(8)}${perSecond?.toFixed(0).padStart(7)} requests/s   p99 ${p99Ms?.toFixed(1)} ms   ${cpuUs?.toFixed(1)} µs of processor a request`
  }
  const ratioLine = (kind: Kind, wanted = ''): string => {
    const ratios = sorted(figures[kind].map(({ cpuUs }, round) => (figures.bare[round]?.cpuUs ?? Number.NaN) / cpuUs))
    return `bare over ${kind}, processor time: ${median(ratios).toFixed(3)} (min ${ratios[0]?.toFixed(3)}, max ${ratios.at(-1)?.toFixed(3)})${wanted}`
  }
  process.stdout.write(
    `${[
      `GET ${path}, ${connections} connections, ${figures.bare.length} rounds of ${requests} requests, node ${process.version}`,
      ...kinds.map(line),
      ratioLine('fastify'),
      ratioLine('lingpai', '; wanted at least 0.85'),
    ].join('\n')}\n`,
  )
}

const [mode = '', ...rest] = process.argv.slice(2)
if (mode === 'lingpai') await serveLingpai()
else if (mode === 'bare') await serveBare(rest[0] ?? '', rest[1] ?? '')
else if (mode === 'fastify') await serveFastify(rest[0] ?? '', rest[1] ?? '')
else if (mode === 'load') serveLoad()
else await compare(Number(mode || 41), Number(rest[0] ?? 5000))
