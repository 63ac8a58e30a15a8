import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { build } from 'esbuild'

/** The worker of `worker.ts`, running in Cloudflare's runtime. */
export interface RunningWorkerd {
  get(path: string): Promise<Record<string, unknown>>
  stop(): Promise<void>
}

/** Compatibility settings of the runtime. */
export interface WorkerdOptions {
  readonly compatibilityDate: string
  readonly compatibilityFlags: readonly string[]
  /** Base of the platform. */
  readonly upstream: string
}

/** Bundles the worker and starts it in the real runtime, on a port of the loopback interface. */
export async function startWorkerd(options: WorkerdOptions): Promise<RunningWorkerd> {
  const directory = await mkdtemp(join(tmpdir(), 'lingpai-workerd-'))
  await build({
    entryPoints: [join(import.meta.dirname, 'worker.ts')],
    outfile: join(directory, 'worker.js'),
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    conditions: ['@lingpai/source', 'workerd'],
    external: ['node:*'],
    logLevel: 'error',
  })
  await writeFile(join(directory, 'config.capnp'), configuration(options))
  const binary = (createRequire(import.meta.url)('workerd') as { readonly default: string }).default
  const runtime = spawn(binary, ['serve', join(directory, 'config.capnp'), '--control-fd=3'], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  })
  const control = createInterface({ input: runtime.stdio[3] as Readable })
  const [line] = (await Promise.race([once(control, 'line'), once(runtime, 'exit')])) as [unknown]
  const { port } = JSON.parse(String(line)) as { readonly port: number }
  return {
    get: async (path) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`)
      const text = await response.text()
      return text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { status: response.status, text }
    },
    stop: async () => {
      const ended = once(runtime, 'exit')
      runtime.kill('SIGKILL')
      await ended
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function configuration({ compatibilityDate, compatibilityFlags, upstream }: WorkerdOptions): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "${compatibilityDate}",
      compatibilityFlags = [${compatibilityFlags.map((flag) => JSON.stringify(flag)).join(', ')}],
      bindings = [
        (name = "UPSTREAM", text = "${upstream}"),
        (name = "TOKENS", durableObjectNamespace = "Tokens"),
      ],
      durableObjectNamespaces = [(className = "Tokens", uniqueKey = "tokens")],
      durableObjectStorage = (inMemory = void),
    )),
    (name = "internet", network = (allow = ["private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);`
}
