import { spawnSync, type ChildProcess } from 'node:child_process'
import type { Scenario } from '../harness/scenario.js'
import { median } from '../harness/statistics.js'
import type { LoadOrder } from '../members/load-server.js'
import { startMember, startNginx, startServer, told, type Server } from './start-server.js'

const script = 'forward-process'
const plain = '@fastify/reply-from'

/**
 * A GET of an API through a proxy, over 32 kept connections: the processor time of `@fastify/reply-from` alone as a share of the proxy's,
 * and the time in which 99 % of the calls are answered as a multiple of that of `@fastify/reply-from`. API, proxy, yardstick and load are
 * separate processes.
 */
export const forward: Scenario = {
  name: 'forward',
  contenders: ['Lingpai', plain, 'nginx'],
  leftOut: {},
  measures: {
    'processor-time': { unit: 'ratio', better: 'higher' },
    'p99-to-reply-from': { unit: 'ratio', better: 'lower' },
    p99: { unit: 'ms', better: 'lower' },
  },
  quick: { rounds: 5, pairs: 3, requests: 10_000 },
  full: { rounds: 5, pairs: 11, requests: 20_000 },
  run: async (name, { pairs = 0, requests = 0 }) => {
    if (name === 'nginx' && spawnSync('nginx', ['-v']).status !== 0) return {}
    const api = await startServer(script, 'api')
    const { url } = api.target
    const other = await startServer(script, plain, url)
    const own = name === 'nginx' ? await startProxyingNginx(url) : await startServer(script, name, url)
    const loader = startMember('server-process', 'load')
    await told<string>(loader)
    for (const one of [other, own]) await costOf(loader, one, requests)
    const ratios: number[] = []
    const slowest: number[] = []
    const times: number[] = []
    for (let pair = 0; pair < pairs; pair += 1) {
      const isOtherFirst = pair % 2 === 0
      const first = await costOf(loader, isOtherFirst ? other : own, requests)
      const second = await costOf(loader, isOtherFirst ? own : other, requests)
      const [plainCost, ownCost] = isOtherFirst ? [first, second] : [second, first]
      ratios.push(plainCost.cpuUs / ownCost.cpuUs)
      slowest.push(ownCost.p99Ms / plainCost.p99Ms)
      times.push(ownCost.p99Ms)
    }
    loader.disconnect()
    for (const one of [other, own, api]) one.stop()
    return { 'processor-time': median(ratios), 'p99-to-reply-from': median(slowest), p99: median(times) }
  },
}

/** One worker that sends every request on, over connections that it keeps. */
async function startProxyingNginx(url: string): Promise<Server> {
  const server = await startNginx('', {
    http: `upstream api { server ${new URL(url).host}; keepalive 64; keepalive_requests 100000000; }`,
    location: 'proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection "";',
  })
  return { ...server, target: { ...server.target, path: '/cgi-bin/user/info?access_token=token&openid=user' } }
}

interface Cost {
  /** Processor time for each request, microseconds. */
  readonly cpuUs: number
  readonly p99Ms: number
}

async function costOf(loader: ChildProcess, of: Server, requests: number): Promise<Cost> {
  const before = await of.cpuUs()
  const { url, path = '/' } = of.target
  loader.send({ port: Number(new URL(url).port), path, requests } satisfies LoadOrder)
  const p99Ms = await told<number>(loader)
  return { cpuUs: ((await of.cpuUs()) - before) / requests, p99Ms }
}
