import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { defineProvider, TokenManager, type Provider, type TokenManagerOptions, type TokenSource } from '@lingpai/core'
import { memoryCache } from '@lingpai/cache-memory'
import { testClock, type TestClock } from '@lingpai/testing'

/** Credentials of the {@link toy} platform. */
export interface ToyCredentials {
  readonly appId: string
  readonly appSecret: string | (() => string | Promise<string>)
}

/** A platform for tests: WeChat's fields, tokens in the query, a new token each time. */
export const toy: Provider<ToyCredentials> = defineProvider<ToyCredentials>({
  id: 'toy',
  source: { url: 'https://example.com/', readOn: '2026-11-20' },
  account: ['appId'],
  secrets: ['appSecret'],
  env: { appId: ['TOY_APP_ID', 'TOY_APPID'], appSecret: ['TOY_SECRET'] },
  baseUrl: 'https://toy.example.com',
  renewal: { mode: 'rotate', overlapSeconds: 300, attemptsAtSeconds: [600], jitterSeconds: 60 },
  response: {
    token: 'access_token',
    expiresIn: 'expires_in',
    code: ['err_code', 'errcode'],
    message: 'errmsg',
    trace: { headers: ['x-trace'], fields: ['trace_id'], pattern: /rid: ([0-9a-f-]+)/ },
    ip: [/invalid ip ([^ ,]+)/],
  },
  placement: { in: 'query', name: 'access_token' },
  errors: {
    token: {
      'credential-invalid': [40001],
      'ip-denied': [40164],
      'rate-limited': [45011],
      'quota-exhausted': [45009],
      permission: [50004],
      transient: [-1],
    },
    api: { 'token-expired': [42001], 'token-invalid': [40001], permission: [48001] },
  },
  perCode: { 45011: { coolDownSeconds: 90 } },
  hints: { 'ip-denied': { en: 'Add {ip} to the white-list.', zh: '把 {ip} 加入白名单。' } },
  request: ({ appId, appSecret }) => ({ method: 'GET', url: '/token', query: { appid: appId, secret: appSecret } }),
})

/** The credentials that {@link ScriptedPlatform.source} uses. */
export const toyAccount: ToyCredentials = { appId: 'toy-1', appSecret: 'S3cret-of-the-toy' }

/** A real HTTP server on loopback with scripted responses, and a manager over it on a test clock. */
export interface ScriptedPlatform {
  readonly url: string
  readonly clock: TestClock
  readonly provider: Provider<ToyCredentials>
  /** Sets the response to all further token requests; `undefined`: a new token. */
  answer(listener: RequestListener | undefined): void
  /** Number of token requests so far. */
  requests(): number
  /** Requests to any path, in order: method, URL, body. */
  readonly seen: { readonly method: string; readonly url: string; readonly body: string }[]
  manager(options?: Partial<TokenManagerOptions>): TokenManager
  source(manager?: TokenManager, credentials?: ToyCredentials): TokenSource
  close(): Promise<void>
}

/** Opens a {@link ScriptedPlatform}. */
export async function scriptedPlatform(options: { readonly port?: number } = {}): Promise<ScriptedPlatform> {
  const clock = testClock()
  const seen: { method: string; url: string; body: string }[] = []
  const managers: TokenManager[] = []
  let scripted: RequestListener | undefined
  let tokens = 0
  const server = createServer((request, response) => {
    const { method = '', url = '' } = request
    const entry = { method, url, body: '' }
    seen.push(entry)
    request.on('data', (part: Buffer) => (entry.body += part.toString()))
    if (scripted !== undefined) scripted(request, response)
    else response.end(JSON.stringify({ access_token: `token-${(tokens += 1)}`, expires_in: 7200 }))
  })
  const url = await listen(server, options.port ?? 0)
  const provider = toy.extend({ baseUrl: url })
  const cache = memoryCache({ clock })
  const manager = (given: Partial<TokenManagerOptions> = {}): TokenManager => {
    const made = new TokenManager({ cache, clock, random: () => 0, ...given })
    managers.push(made)
    return made
  }
  return {
    url,
    clock,
    provider,
    answer: (listener) => (scripted = listener),
    requests: () => seen.filter((entry) => entry.url.startsWith('/token')).length,
    seen,
    manager,
    source: (own = managers[0] ?? manager(), credentials = toyAccount) => own.source(provider, credentials),
    close: async () => {
      await Promise.all(managers.map((made) => made.close()))
      await stop(server)
    },
  }
}

/** Responds with a status, headers and a body; an object is sent as JSON. */
export function reply(
  body: string | Buffer | object,
  {
    status = 200,
    headers = {},
  }: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): RequestListener {
  return (_: IncomingMessage, response) => {
    const isRaw = typeof body === 'string' || Buffer.isBuffer(body)
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(isRaw ? body : JSON.stringify(body))
  }
}

/** The error that a promise rejects with. @throws nothing; a promise that resolves gives `undefined` */
export function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}

/** Listens on loopback. @returns `http://127.0.0.1:<port>` */
export function listen(server: Server, port = 0): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port, backlog: 512 }, () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    })
  })
}

/** Stops a server and closes its connections. */
export function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve()
    })
    server.closeAllConnections()
  })
}
