import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request, type RequestOptions } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openServerWorld, type ServerWorld } from '../api/server-world.js'
import { certificate } from '../../../testing/test/support/certificate.js'
import { freePort } from '../api/redis-server.js'

const docs = new URL('../../../../docs/', import.meta.url)
/** The recipe of the docs. */
async function recipe(language: 'en' | 'zh'): Promise<string> {
  const page = await readFile(new URL(`${language}/server.md`, docs), 'utf8')
  return /```nginx\n(.*?)```/s.exec(page)?.[1] ?? ''
}

let directory: string
let nginx: ChildProcess
let world: ServerWorld
let port: number
const { cert, key } = certificate('tokens.internal')

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lingpai-nginx-'))
  world = await openServerWorld({ trustProxy: '127.0.0.1' })
  port = await freePort()
  const server = (await recipe('en'))
    .replace('listen 443', `listen 127.0.0.1:${port}`)
    .replace('127.0.0.1:4180', new URL(world.url).host)
    .replace('tls.crt', join(directory, 'tls.crt'))
    .replace('tls.key', join(directory, 'tls.key'))
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${directory}/${name};`,
  )
  await writeFile(join(directory, 'tls.crt'), cert)
  await writeFile(join(directory, 'tls.key'), key)
  await writeFile(
    join(directory, 'nginx.conf'),
    `daemon off; pid ${directory}/pid; error_log stderr; events {} http { ${places.join(' ')} ${server} }`,
  )
  const args = ['-p', directory, '-c', join(directory, 'nginx.conf'), '-e', 'stderr']
  nginx = spawn('nginx', args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const isUp = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
  while (!(await isUp())) expect(nginx.exitCode).toBe(null)
}, 60_000)
afterAll(async () => {
  nginx.kill('SIGTERM')
  await once(nginx, 'exit')
  await world.close()
  await rm(directory, { recursive: true, force: true })
})

const open = async (path: string, options: RequestOptions = {}, body?: string): Promise<IncomingMessage> => {
  const sent = request({ host: '127.0.0.1', port, path, ca: cert, agent: false, ...options })
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return response
}
const get = async (path: string) => {
  const response = await open(path)
  let text = ''
  for await (const part of response.setEncoding('utf8')) text += String(part)
  return { status: response.statusCode, headers: response.headers, text }
}

test('the docs have the same nginx recipe in both languages', async () => {
  expect(await recipe('zh')).toBe(await recipe('en'))
})

test('below a path of a proxy, the status page and all its files are found', async () => {
  const seen = new Set<string>()
  const follow = async (path: string): Promise<void> => {
    if (seen.has(path)) return
    seen.add(path)
    const { status, text } = await get(path)
    expect([path, status]).toEqual([path, 200])
    const named = path.endsWith('/') ? /(?:src|href)="([^"#]+)"/g : /(?:from|import) '(\.[^']+)'/g
    const base = `https://x${path}`
    await Promise.all([...text.matchAll(named)].map(([, name = '']) => follow(new URL(name, base).pathname)))
  }
  await follow('/lingpai/')
  expect(seen.size).toBeGreaterThan(30)
  expect([...seen].filter((path) => !path.startsWith('/lingpai/'))).toEqual([])
  expect(await get('/lingpai')).toMatchObject({
    status: 301,
    headers: { location: expect.stringMatching(/\/lingpai\/$/) },
  })
})

test('below a path of a proxy, a user signs in, receives events and signs out, and the cookie is limited to that path', async () => {
  const origin = { host: `127.0.0.1:${port}`, origin: `https://127.0.0.1:${port}` }
  const headers = { ...origin, 'content-type': 'application/json' }
  const text = JSON.stringify({ key: world.key() })
  const signedIn = await open('/lingpai/session', { method: 'POST', headers }, text)
  const [line = ''] = signedIn.headers['set-cookie'] ?? []
  expect(signedIn.statusCode).toBe(204)
  expect(line).toMatch(/; Path=\/lingpai\/; HttpOnly; Secure; SameSite=Strict$/)
  const [cookie = ''] = line.split(';')
  const events = await open('/lingpai/v1/events', { headers: { ...origin, cookie } })
  const [first] = (await once(events.setEncoding('utf8'), 'data')) as [string]
  expect(first).toContain('retry: 2000')
  const ended = once(events.resume(), 'end')
  const by = { ...origin, cookie, 'x-lingpai-csrf': '1' }
  expect((await open('/lingpai/session', { method: 'DELETE', headers: by })).statusCode).toBe(204)
  await ended
})

test('the nginx recipe does not serve the internal paths', async () => {
  for (const path of ['metrics', 'readyz', 'healthz']) expect((await get(`/lingpai/${path}`)).status).toBe(404)
})

test('the plugin below a prefix serves the page at the path with a trailing slash', async () => {
  const { fastify } = await import('fastify')
  const { tokenServer } = await import('../../src/index.js')
  const app = fastify()
  const { accounts, manager, cache, keys } = world
  await app.register(tokenServer, { prefix: '/deep/lingpai', accounts, manager, cache, keys, isKeeping: false })
  const moved = await app.inject('/deep/lingpai?x=1')
  expect([moved.statusCode, moved.headers.location]).toEqual([302, 'lingpai/'])
  expect((await app.inject('/deep/lingpai/')).body).toContain('src="assets/main.js"')
  expect((await app.inject('/deep/lingpai/assets/main.js')).statusCode).toBe(200)
  await app.close()
})
