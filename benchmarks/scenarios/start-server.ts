import { fork, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ServerTarget } from '../members/server-target.js'

/** A server in a process of its own. */
export interface Server {
  readonly target: ServerTarget
  /** Processor time so far, in microseconds. */
  cpuUs(): Promise<number>
  stop(): void
}

/** Starts a process of `benchmarks/members`. */
export function startMember(name: string, ...args: readonly string[]): ChildProcess {
  const script = fileURLToPath(new URL(`./${name}.mjs`, import.meta.url))
  return fork(script, args, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
}

/** The next message of a process. */
export async function told<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => {
      resolve(message as T)
    })
    child.once('error', reject)
  })
}

/** Starts a server of `benchmarks/members`. */
export async function startServer(name: string, ...args: readonly string[]): Promise<Server> {
  const child = startMember(name, ...args)
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

/** Starts nginx with one worker. Its processor time is read from `/proc`. */
export async function startNginx(
  key: string,
  { http, location }: { readonly http: string; readonly location: string },
): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), 'lingpai-benchmark-'))
  const port = await freePort()
  writeFileSync(
    join(directory, 'nginx.conf'),
    `daemon off; master_process off; pid ${directory}/pid; error_log ${directory}/error;
events { worker_connections 1024; }
http {
  map_hash_bucket_size 512; access_log off; keepalive_requests 100000000; client_body_temp_path ${directory};
  proxy_temp_path ${directory}; fastcgi_temp_path ${directory}; uwsgi_temp_path ${directory}; scgi_temp_path ${directory};
  ${http}
  server {
    listen 127.0.0.1:${port};
    location / { ${location} }
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
