import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from '@lingpai/core'

/** A real Redis for one test. */
export interface RedisProcess {
  readonly url: string
  close(): Promise<void>
}

const isThere = spawnSync('redis-server', ['--version']).status === 0

/** Registers a test on a real redis-server. Without one the test says that it was not run, and in CI it fails. */
export function withRedis(name: string, body: (redis: RedisProcess) => Promise<void>, timeoutMs: number): void {
  const run = async (): Promise<void> => {
    const redis = await startRedis()
    try {
      await body(redis)
    } finally {
      await redis.close()
    }
  }
  if (isThere || process.env['CI'] === 'true') test(name, run, timeoutMs)
  else
    test(`NOT RUN without redis-server: ${name}`, () => {
      process.stderr.write(`not run without redis-server: ${name}\n`)
    })
}

async function startRedis(): Promise<RedisProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'lingpai-redis-'))
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', '', '--appendonly', 'no']
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  for await (const text of child.stdout) if (String(text).includes('Ready to accept')) break
  child.stdout.resume()
  if (child.exitCode !== null) throw new ConfigError('redis-server did not start')
  return {
    url: `redis://127.0.0.1:${port}`,
    close: async () => {
      child.kill('SIGKILL')
      await ended
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Returns a port on which no server listens. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
