import { spawnSync, type ChildProcess } from 'node:child_process'
import type { Scenario } from '../harness/scenario.js'
import { median } from '../harness/statistics.js'
import type { LoadOrder } from '../members/load-server.js'
import type { ServedResponse } from '../members/server-target.js'
import { startMember, startNginx, startServer, told, type Server } from './start-server.js'

const script = 'server-process'
const path = '/v1/accounts/shop/token'

/**
 * `GET /v1/accounts/:account/token` over 32 kept connections: the processor time of a bare `node:http` handler that sends the same
 * bytes, as a share of the server's. Server, yardstick and load are separate processes.
 */
export const server: Scenario = {
  name: 'server',
  contenders: ['Lingpai', 'fastify', 'nginx'],
  leftOut: {},
  measures: { 'processor-time': { unit: 'ratio', better: 'higher' } },
  quick: { rounds: 5, pairs: 3, requests: 20_000 },
  full: { rounds: 5, pairs: 11, requests: 20_000 },
  run: async (name, { pairs = 0, requests = 0 }) => {
    if (name === 'nginx' && spawnSync('nginx', ['-v']).status !== 0) return {}
    const lingpai = await startServer(script, 'Lingpai')
    const reply = await fetch(`${lingpai.target.url}${path}`, {
      headers: { authorization: `Bearer ${lingpai.target.key}` },
    })
    const names = ['content-type', 'cache-control', 'content-length']
    const headers = Object.fromEntries(names.map((header) => [header, reply.headers.get(header) ?? '']))
    const served: ServedResponse = { headers, body: await reply.text() }
    const { key } = lingpai.target
    const bare = await startServer(script, 'bare', JSON.stringify(served), key)
    let own = lingpai
    if (name === 'nginx') own = await startStaticNginx(served, key)
    else if (name === 'fastify') own = await startServer(script, 'fastify', JSON.stringify(served), key)
    const loader = startMember(script, 'load')
    await told<string>(loader)
    for (const one of [bare, own]) await usPerRequest(loader, one, requests)
    const ratios: number[] = []
    for (let pair = 0; pair < pairs; pair += 1) {
      const isBareFirst = pair % 2 === 0
      const first = await usPerRequest(loader, isBareFirst ? bare : own, requests)
      const second = await usPerRequest(loader, isBareFirst ? own : bare, requests)
      ratios.push(isBareFirst ? first / second : second / first)
    }
    loader.disconnect()
    for (const one of new Set([lingpai, bare, own])) one.stop()
    return { 'processor-time': median(ratios) }
  },
}

/** One worker that checks the key and sends the same body and headers. */
async function startStaticNginx({ headers, body }: ServedResponse, key: string): Promise<Server> {
  const { 'content-type': type = '', 'cache-control': caching = '' } = headers
  return startNginx(key, {
    http: `map $http_authorization $is_known { default 0; "Bearer ${key}" 1; }`,
    location: `if ($is_known = 0) { return 401; }
      default_type "${type.replace(/;.*/, '')}"; add_header cache-control "${caching}"; return 200 '${body}';`,
  })
}

/** Microseconds of processor time for each request. */
async function usPerRequest(loader: ChildProcess, of: Server, requests: number): Promise<number> {
  const before = await of.cpuUs()
  const { url, key } = of.target
  loader.send({ port: Number(new URL(url).port), path, key, requests } satisfies LoadOrder)
  await told<number>(loader)
  return ((await of.cpuUs()) - before) / requests
}
