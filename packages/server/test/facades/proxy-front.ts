import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { request, type RequestOptions } from 'node:https'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { testsNeeding } from '../../../testing/test/support/where-possible.js'
import { certificate } from '../../../testing/test/support/certificate.js'

/** A response through a proxy. */
export interface ProxyResponse {
  readonly status: number | undefined
  readonly text: string
}

/** A running reverse proxy. */
export interface ProxyFront {
  call(path: string, options?: ProxyCall): Promise<ProxyResponse>
  /** What it printed, and its logs. */
  output(): Promise<string>
  close(): Promise<void>
}

/** Options of a call; by default a GET to 127.0.0.1. */
export interface ProxyCall {
  readonly method?: string
  readonly body?: string
  readonly host?: string
}

/** Registers tests that need a program; where it is missing, they say how to get it, and in CI they fail. */
export function testsWith(program: string, packageName: string): ReturnType<typeof testsNeeding> {
  const isThere = [program, `/usr/sbin/${program}`].some((name) => spawnSync(name, ['-v']).error === undefined)
  const isNeeded = isThere || process.env['CI'] === 'true'
  return testsNeeding(isNeeded ? undefined : `${program} (on Debian: apt-get install -y ${packageName})`)
}

/** Runs nginx with a server block. */
export async function startNginx(home: string, port: number, server: string): Promise<ProxyFront> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${home}/${name};`,
  )
  const main = [
    'daemon off; master_process off;',
    `pid ${home}/pid; error_log ${home}/error.log info;`,
    'events {}',
    `http { access_log ${home}/access.log; ${temporary.join(' ')} ${server} }`,
  ]
  await writeFile(join(home, 'nginx.conf'), main.join('\n'))
  const program = spawnSync('nginx', ['-v']).status === 0 ? 'nginx' : '/usr/sbin/nginx'
  const child = spawn(program, ['-p', home, '-c', join(home, 'nginx.conf'), '-e', join(home, 'error.log')])
  return startedFront(child, port, [join(home, 'error.log'), join(home, 'access.log')])
}

/** Runs Caddy with a configuration. */
export async function startCaddy(home: string, port: number, caddyfile: string): Promise<ProxyFront> {
  await writeFile(join(home, 'Caddyfile'), caddyfile)
  const env = { ...process.env, HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home }
  const args = ['run', '--config', join(home, 'Caddyfile'), '--adapter', 'caddyfile']
  return startedFront(spawn('caddy', args, { env }), port)
}

/** Writes a certificate and its key as `<name>.crt` and `<name>.key`. */
export async function writeCertificate(home: string, name: string): Promise<void> {
  const { key, cert } = certificate('proxy')
  await writeFile(join(home, `${name}.key`), key, { mode: 0o600 })
  await writeFile(join(home, `${name}.crt`), cert)
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function startedFront(child: ChildProcess, port: number, logs: readonly string[] = []): Promise<ProxyFront> {
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part: Buffer) => (printed += part.toString()))
  const exit = once(child, 'exit')
  const call: ProxyFront['call'] = async (path, { method = 'GET', body, host } = {}) =>
    new Promise((resolve, reject) => {
      const options: RequestOptions = {
        method,
        rejectUnauthorized: false,
        agent: false,
        ...(host !== undefined && { servername: host, headers: { host } }),
      }
      const sent = request(`https://127.0.0.1:${port}${path}`, options, (response) => {
        response.setEncoding('utf8')
        let text = ''
        response.on('data', (chunk: string) => (text += chunk))
        response.on('end', () => {
          resolve({ status: response.statusCode, text })
        })
      })
      sent.on('error', reject).end(body)
    })
  const isUp = (): Promise<boolean> =>
    call('/nothing').then(
      () => true,
      () => false,
    )
  while (!(await isUp())) {
    if (child.exitCode !== null) throw new RangeError(`the proxy did not start: ${printed}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    call,
    output: async () => [printed, ...(await Promise.all(logs.map((file) => readFile(file, 'utf8'))))].join(''),
    close: async () => {
      child.kill('SIGTERM')
      await exit
    },
  }
}
