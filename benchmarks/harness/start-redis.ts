import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'

/** A redis-server of one run, which keeps nothing. */
export interface RunningRedis {
  readonly port: number
  readonly url: string
  stop(): void
}

/** Whether the machine has a `redis-server`. */
export function hasRedis(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0
}

/** Starts a `redis-server` on a free port. */
export async function startRedis(): Promise<RunningRedis> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  const child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('Ready to accept')) resolve()
    })
  })
  return { port, url: `redis://127.0.0.1:${port}`, stop: () => void child.kill('SIGKILL') }
}
