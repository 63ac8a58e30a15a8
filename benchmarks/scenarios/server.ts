import { fork, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Scenario } from '../harness/scenario.js'
import { median } from '../harness/statistics.js'
import type { LoadOrder } from '../members/load-server.js'
import type { ServedResponse, ServerTarget } from '../members/server-target.js'

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
    const lingpai = await startNode('Lingpai')
    const reply = await fetch(`${lingpai.target.url}${path}`, {
      headers: { authorization: `Bearer ${lingpai.target.key}` },
    })
    const names = ['content-type', 'cache-control', 'content-length']
    const headers = Object.fromEntries(names.map((header) => [header, reply.headers.get(header) ?? '']))
    const served: ServedResponse = { headers, body: await reply.text() }
    const { key } = lingpai.target
    const bare = await startNode('bare', JSON.stringify(served), key)
    let own = lingpai
    if (name === 'nginx') own = await startNginx(served, key)
    else if (name === 'fastify') own = await startNode('fastify', JSON.stringify(served), key)
    const loader = start('load')
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

interface Server {
  readonly target: ServerTarget
  /** Processor time so far, in microseconds. */
  cpuUs(): Promise<number>
  stop(): void
}

function start(...args: readonly string[]): ChildProcess {
  const script = fileURLToPath(new URL('./server-process.mjs', import.meta.url))
  return fork(script, args, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
}

async function told<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => {
      resolve(message as T)
    })
    child.once('error', reject)
  })
}

async function startNode(...args: readonly string[]): Promise<Server> {
  const child = start(...args)
  const target = await told<ServerTarget>(child)
  return {
    target,
    cpuUs: () => {
      const cpu = told<number>(child)
      child.send('cpu')
      return cpu
    },
    stop: () => {
      child.disconnect()
    },
  }
}

/** One worker that checks the key and sends the same body and headers. Its processor time is read from `/proc`. */
async function startNginx({ headers, body }: ServedResponse, key: string): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), 'lingpai-benchmark-'))
  const port = await freePort()
  const { 'content-type': type = '', 'cache-control': caching = '' } = headers
  writeFileSync(
    join(directory, 'nginx.conf'),
    `daemon off; master_process off; pid ${directory}/pid; error_log ${directory}/error;
events { worker_connections 1024; }
http {
  map_hash_bucket_size 512; access_log off; keepalive_requests 100000000; client_body_temp_path ${directory};
  proxy_temp_path ${directory}; fastcgi_temp_path ${directory}; uwsgi_temp_path ${directory}; scgi_temp_path ${directory};
  map $http_authorization $is_known { default 0; "Bearer ${key}" 1; }
  server {
    listen 127.0.0.1:${port};
    location / {
      if ($is_known = 0) { return 401; }
      default_type "${type.replace(/;.*/, '')}"; add_header cache-control "${caching}"; return 200 '${body}';
    }
  }
}
`,
  )
  const child = spawn('nginx', ['-p', directory, '-c', join(directory, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; tries < 100; tries += 1) {
    const isUp = await fetch(url).then(
      () => true,
      () => false,
    )
    if (isUp) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return {
    target: { url, key },
    cpuUs: async () => cpuOfProcess(child.pid ?? 0),
    stop: () => {
      child.kill('SIGKILL')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Processor time of a process in microseconds, in steps of 10 ms. */
function cpuOfProcess(pid: number): number {
  if (!readdirSync('/proc').includes(String(pid))) throw new TypeError('nginx has ended')
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}

/** Microseconds of processor time for each request. */
async function usPerRequest(loader: ChildProcess, of: Server, requests: number): Promise<number> {
  const before = await of.cpuUs()
  const { url, key } = of.target
  loader.send({ port: Number(new URL(url).port), path, key, requests } satisfies LoadOrder)
  await told<string>(loader)
  return ((await of.cpuUs()) - before) / requests
}
