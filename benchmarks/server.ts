import { fork, type ChildProcess } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { TokenManager } from '@lingpai/core'
import { memoryCache } from '@lingpai/cache-memory'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import { clientKeys, createClientKey, startTokenServer } from '@lingpai/server'
import { startSimulator } from '@lingpai/testing/simulator'
import autocannon from 'autocannon'

/**
 * `GET /v1/accounts/:account/token` with keep-alive against a bare `node:http` handler that sends the same bytes, in turn in one
 * run. The server, the bare server and the load generator are separate processes. Compare the ratios: of requests per second, and of
 * processor time per request, which doesn't depend on the speed of the load generator.
 *
 * node --conditions=@lingpai/source --import tsx benchmarks/server.ts
 */
const connections = 32
const rounds = Number(process.argv[3] ?? 7)
const secondsPerRound = Number(process.argv[4] ?? 4)
const path = '/v1/accounts/shop/token'

interface Target {
  readonly url: string
  readonly key: string
}

interface Round {
  readonly perSecond: number
  readonly p99Ms: number
  /** Processor time of the server, in microseconds per request. */
  readonly cpuUs: number
  readonly failed: number
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
  serveAs({ url, key: text })
}

/** The smallest possible server: always the same body and headers. */
async function serveBare(original: string, key: string): Promise<void> {
  const reply = await fetch(original, { headers: { authorization: `Bearer ${key}` } })
  const body = Buffer.from(await reply.arrayBuffer())
  const headers = Object.fromEntries(
    ['content-type', 'cache-control', 'content-length'].map((name) => [name, reply.headers.get(name) ?? '']),
  )
  const server = createServer((_, response) => {
    response.writeHead(200, headers).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4096, resolve))
  serveAs({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key })
}

async function load(url: string, key: string, seconds: number): Promise<void> {
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    headers: { authorization: `Bearer ${key}` },
  })
  const { requests, latency, errors, non2xx } = result
  process.send?.({ total: requests.total, perSecond: requests.average, p99Ms: latency.p99, failed: errors + non2xx })
}

function start(...args: readonly string[]): ChildProcess {
  return fork(fileURLToPath(import.meta.url), args, { execArgv: process.execArgv })
}

async function told<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => {
      resolve(message as T)
    })
    child.once('error', reject)
  })
}

async function cpuUsOf(child: ChildProcess): Promise<number> {
  child.send('cpu')
  return told<number>(child)
}

async function measure(child: ChildProcess, { url, key }: Target, seconds: number): Promise<Round> {
  const beforeUs = await cpuUsOf(child)
  const loader = start('load', `${url}${path}`, key, String(seconds))
  const { total, ...seen } = await told<Omit<Round, 'cpuUs'> & { readonly total: number }>(loader)
  loader.disconnect()
  return { ...seen, cpuUs: ((await cpuUsOf(child)) - beforeUs) / total }
}

const sorted = (values: readonly number[]): readonly number[] => [...values].sort((a, b) => a - b)
const median = (values: readonly number[]): number => sorted(values)[values.length >> 1] ?? Number.NaN

async function compare(): Promise<void> {
  const ours = start('lingpai')
  const ourTarget = await told<Target>(ours)
  const bare = start('bare', `${ourTarget.url}${path}`, ourTarget.key)
  const bareTarget = await told<Target>(bare)
  for (const warmUp of [() => measure(ours, ourTarget, 2), () => measure(bare, bareTarget, 2)]) await warmUp()
  const pairs: { readonly our: Round; readonly base: Round }[] = []
  for (let round = 0; round < rounds; round += 1) {
    const isOursFirst = round % 2 === 0
    const first = isOursFirst
      ? await measure(ours, ourTarget, secondsPerRound)
      : await measure(bare, bareTarget, secondsPerRound)
    const second = isOursFirst
      ? await measure(bare, bareTarget, secondsPerRound)
      : await measure(ours, ourTarget, secondsPerRound)
    pairs.push(isOursFirst ? { our: first, base: second } : { our: second, base: first })
  }
  for (const child of [ours, bare]) child.disconnect()
  print(pairs)
}

function print(pairs: readonly { readonly our: Round; readonly base: Round }[]): void {
  const line = (name: string, pick: (pair: (typeof pairs)[number]) => Round): string => {
    const all = pairs.map(pick)
    const figures = [
      all.map(({ perSecond }) => perSecond),
      all.map(({ p99Ms }) => p99Ms),
      all.map(({ cpuUs }) => cpuUs),
    ]
    const [perSecond = NaN, p99Ms = NaN, cpuUs = NaN] = figures.map(median)
    return `${name}${perSecond.toFixed(0).padStart(7)} requests/s   p99 ${p99Ms.toFixed(1)} ms   ${cpuUs.toFixed(1)} µs of processor a request`
  }
  const ratioLine = (name: string, ratio: (pair: (typeof pairs)[number]) => number, wanted = ''): string => {
    const ratios = sorted(pairs.map(ratio))
    return `${name}${median(ratios).toFixed(3)} (min ${ratios[0]?.toFixed(3)}, max ${ratios.at(-1)?.toFixed(3)})${wanted}`
  }
  const failed = pairs.reduce((sum, { our, base }) => sum + our.failed + base.failed, 0)
  process.stdout.write(
    `${[
      `GET ${path}, ${connections} connections, ${pairs.length} paired rounds of ${secondsPerRound} s, node ${process.version}`,
      line('bare node:http  ', ({ base }) => base),
      line('lingpai server  ', ({ our }) => our),
      ratioLine('throughput      ', ({ our, base }) => our.perSecond / base.perSecond, '; wanted at least 0.8'),
      ratioLine('processor time  ', ({ our, base }) => base.cpuUs / our.cpuUs, '; bare over ours'),
      `failed requests ${failed}`,
    ].join('\n')}\n`,
  )
}

const [mode = 'compare', ...rest] = process.argv.slice(2)
if (mode === 'lingpai') await serveLingpai()
else if (mode === 'bare') await serveBare(rest[0] ?? '', rest[1] ?? '')
else if (mode === 'load') await load(rest[0] ?? '', rest[1] ?? '', Number(rest[2]))
else await compare()
