import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { once } from 'node:events'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import {
  startConnectProxy,
  type ConnectProxy,
  type ConnectProxyOptions,
} from '../../testing/test/support/connect-proxy.js'
import { withHome, type Home } from './sandbox-home.js'

/** The platform behind TLS, with a host name that only a proxy resolves. */
interface Behind {
  readonly home: Home
  readonly proxy: ConnectProxy
  /** Environment that configures and trusts the platform. */
  readonly env: Readonly<Record<string, string>>
}

const host = 'platform.example:443'
const plainHost = 'platform.example:80'
/** The same without TLS, because a command in this process does not trust the certificate. */
const plain = { QQ_BOT_BASE_URL: 'http://platform.example/qq' }
const user = 'some-user'
const password = 'PLANTED-SECRET-p@ss'
const userInfo = `${user}:${encodeURIComponent(password)}`

async function behindProxy(use: (behind: Behind) => Promise<void>, options: ConnectProxyOptions = {}): Promise<void> {
  await withHome(async (home) => {
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(home.directory, name)) as [string, string]
    const subject = ['-subj', '/CN=platform.example', '-addext', 'subjectAltName=DNS:platform.example']
    const files = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', cert]
    execFileSync('openssl', ['req', '-x509', '-days', '2', ...files, ...subject], { stdio: 'ignore' })
    const tls = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (incoming, response) => {
      const { method, url = '', headers } = incoming
      const onward = request(home.simulator.url + url, { method, headers }, (answered) => {
        response.writeHead(answered.statusCode ?? 502, answered.headers)
        answered.pipe(response)
      })
      incoming.pipe(onward)
    })
    tls.listen(0, '127.0.0.1')
    await once(tls, 'listening')
    const hosts = {
      [host]: `127.0.0.1:${(tls.address() as AddressInfo).port}`,
      [plainHost]: new URL(home.simulator.url).host,
    }
    const proxy = await startConnectProxy({ hosts, ...options })
    try {
      const env = { QQ_BOT_BASE_URL: 'https://platform.example/qq', NODE_EXTRA_CA_CERTS: cert }
      await use({ home, proxy, env })
    } finally {
      await proxy.close()
      tls.closeAllConnections()
      tls.close()
    }
  })
}

test('lingpai token uses the proxy of HTTPS_PROXY with user and password, and exits by itself', () =>
  behindProxy(
    async ({ home, proxy, env }) => {
      const more = { ...env, HTTPS_PROXY: `http://${userInfo}@${proxy.host}` }
      const { code, stderr, json } = await home.spawn(['token', 'qq-bot', '--json'], more).ended
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(json).toMatchObject({ generation: 1 })
      expect(proxy.asked).toEqual([{ target: host, credentials: `${user}:${password}` }])
    },
    { credentials: `${user}:${password}` },
  ))

test('HTTP_PROXY in upper or lower case is used for both schemes, and lower case has priority', () =>
  behindProxy(async ({ home, proxy }) => {
    const here = `http://${proxy.host}`
    const elsewhere = 'http://127.0.0.1:1'
    for (const named of [{ HTTP_PROXY: here }, { http_proxy: here }, { http_proxy: here, HTTP_PROXY: elsewhere }]) {
      const { code, stderr } = await home.run(['refresh', 'qq-bot'], { env: { ...plain, ...named } })
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('proxy') as string })
    }
    expect(proxy.asked.map(({ target }) => target)).toEqual([plainHost, plainHost, plainHost])
  }))

test('lingpai doctor shows the proxy without user and password, and uses it for its API call', () =>
  behindProxy(async ({ home, proxy, env }) => {
    const more = { ...env, HTTPS_PROXY: `http://${userInfo}@${proxy.host}` }
    const { code, stdout, stderr } = await home.spawn(['doctor', 'qq-bot'], more).ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(`lingpai proxy: HTTPS_PROXY is http://${proxy.host}\n`)
    expect(stdout).toMatch(/ok {4}qq-bot works: /)
    expect(stdout).not.toMatch(/some-user|PLANTED/)
    expect(new Set(proxy.asked.map(({ target }) => target))).toEqual(new Set([host]))
  }))

test('hosts of NO_PROXY are reached without the proxy, in upper and lower case', () =>
  behindProxy(async ({ home, proxy }) => {
    const refresh = async (exceptions: Readonly<Record<string, string>>): Promise<void> => {
      const env = { HTTPS_PROXY: `http://${proxy.host}`, HTTP_PROXY: `http://${proxy.host}`, ...exceptions }
      expect((await home.run(['refresh', 'qq-bot'], { env })).code).toBe(0)
    }
    await refresh({ NO_PROXY: '.example.com,127.0.0.1' })
    await refresh({ no_proxy: '*' })
    expect(proxy.asked).toEqual([])
    for (const address of ['::1', '[::1]', '.example.com, ::1']) {
      const env = { QQ_BOT_BASE_URL: 'http://[::1]:2', HTTP_PROXY: `http://${proxy.host}`, NO_PROXY: address }
      // Nothing listens there.
      expect((await home.run(['refresh', 'qq-bot'], { env })).code).toBe(1)
    }
    expect(proxy.asked).toEqual([])
    await refresh({ NO_PROXY: 'example.com' })
    expect(proxy.asked.map(({ target }) => target)).toEqual([new URL(home.simulator.url).host])
  }))

test('lingpai serve fetches its tokens through the proxy', () =>
  behindProxy(async ({ home, proxy, env }) => {
    const { json } = await home.run(['key', 'create', '--role', 'reader', '--accounts', '*', '--json'], {
      reveals: true,
    })
    const served = home.spawn(['serve', '--json', '--port', '0'], { ...env, HTTPS_PROXY: `http://${proxy.host}` })
    const [line] = (await once(served.process.stdout, 'data')) as [Buffer]
    const { url } = JSON.parse(line.toString()) as { readonly url: string }
    const response = await fetch(`${url}/v1/accounts/qq-bot/token`, {
      headers: { authorization: `Bearer ${String(json['key'])}` },
    })
    expect(response.status).toBe(200)
    expect(proxy.asked.map(({ target }) => target)).toContain(host)
    served.process.kill('SIGTERM')
    expect((await served.ended).code).toBe(0)
  }))

describe('a failing proxy gives a TransportError whose hint names HTTPS_PROXY', () => {
  test.each([
    ['the proxy asks for a password', { status: 407 }, 'HTTP 407', false],
    ['the proxy forbids the host', { status: 403 }, 'HTTP 403', false],
    ['the proxy cannot reach the host', { status: 502 }, 'HTTP 502', true],
  ])('%s', (_, options, words, retryable) =>
    behindProxy(async ({ home, proxy }) => {
      const env = { ...plain, HTTP_PROXY: `http://${userInfo}@${proxy.host}` }
      const ran = await home.run(['token', 'qq-bot', '--json'], { env })
      expect(ran.code).toBe(1)
      expect(ran.json).toMatchObject({
        error: {
          code: 'ERR_LINGPAI_TRANSPORT',
          message: `qq-bot: the proxy did not connect to the platform (${words})`,
          hint: expect.stringContaining('HTTPS_PROXY') as string,
          retryable,
          details: { phase: 'connect', status: options.status },
        },
      })
      expect(ran.stdout + ran.stderr).not.toMatch(/some-user|PLANTED/)
    }, options),
  )

  test('the proxy is down', () =>
    behindProxy(async ({ home, proxy, env }) => {
      await proxy.close()
      const more = { ...env, HTTPS_PROXY: `http://${userInfo}@${proxy.host}` }
      const ran = await home.spawn(['doctor', 'qq-bot', '--json'], more).ended
      expect(ran.code).toBe(3)
      expect(ran.json['checks']).toContainEqual(
        expect.objectContaining({
          check: 'token',
          message: 'qq-bot: the proxy did not connect to the platform (ECONNREFUSED)',
          action: expect.stringContaining('HTTPS_PROXY') as string,
        }),
      )
      expect(ran.stdout + ran.stderr).not.toMatch(/some-user|PLANTED/)
    }))
})

test('an unreachable platform without a proxy is reported without mentioning a proxy', () =>
  withHome(async ({ run, env }) => {
    const closed = createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port } = closed.address() as AddressInfo
    closed.close()
    await once(closed, 'close')
    const base = { QQ_BOT_BASE_URL: `http://127.0.0.1:${port}/qq` }
    const named = { HTTP_PROXY: 'http://127.0.0.1:1', NO_PROXY: '127.0.0.1' }
    const { stderr } = await run(['token', 'qq-bot'], { env: { ...env, ...base, ...named } })
    expect(stderr).toMatch(/could not be reached \(ECONNREFUSED\)/)
    expect(stderr).not.toContain('proxy')
  }))

test.each([
  ['HTTPS_PROXY', 'socks5://127.0.0.1:1080'],
  ['https_proxy', 'http://'],
  ['HTTP_PROXY', `http://some-user:%zz-${password}@127.0.0.1:1`],
  ['http_proxy', `ftp://${password}:3128`],
])('an invalid %s is rejected with its name and without its value', (variable, value) =>
  withHome(async ({ run }) => {
    const { code, stderr, stdout } = await run(['token', 'qq-bot'], { env: { [variable]: value } })
    expect(code).toBe(2)
    expect(stderr).toContain(`${variable} must be the address of an HTTP proxy`)
    expect(stdout + stderr).not.toMatch(/PLANTED|socks5/)
    expect((await run(['keygen'], { env: { [variable]: value }, reveals: true })).code).toBe(0)
  }),
)

test('an empty proxy variable is ignored, and an address without a scheme is HTTP', () =>
  behindProxy(async ({ home, proxy }) => {
    const empty = await home.run(['token', 'qq-bot'], { env: { HTTPS_PROXY: '', http_proxy: ' ' } })
    expect(empty.code).toBe(0)
    const { code } = await home.run(['refresh', 'qq-bot'], { env: { ...plain, HTTP_PROXY: proxy.host } })
    expect({ code, asked: proxy.asked.length }).toEqual({ code: 0, asked: 1 })
  }))
