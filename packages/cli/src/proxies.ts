import { isIPv6 } from 'node:net'
import { ConfigError } from '@lingpai/core'
import type { Dispatcher, Pool, buildConnector } from 'undici'
import type { CommandIo } from './command-io.js'
import type { Output } from './output.js'

/** The proxies that the environment names. */
interface Proxies {
  readonly http: NamedProxy | undefined
  readonly https: NamedProxy | undefined
  /** Hosts that are reached without a proxy. */
  readonly except: string
}

/** A proxy and the variable that names it. */
interface NamedProxy {
  readonly variable: string
  readonly url: URL
}

/**
 * Returns an `io` whose requests go through the proxies of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, or `io` itself if none
 * is set.
 *
 * @throws ConfigError for a variable that is not the address of a proxy
 */
export async function behindProxies(io: CommandIo, output: Output): Promise<CommandIo> {
  const proxies = proxiesIn(io.env)
  if (proxies === undefined) return io
  for (const { username, password } of [proxies.http, proxies.https].flatMap((proxy) => proxy?.url ?? []))
    for (const secret of [username, password])
      for (const text of [secret, decodeURIComponent(secret)]) output.hide(text)
  // undici's own `fetch` does not accept a global FormData or Request. The cast is needed because the types of this undici and of
  // the one in Node.js differ.
  const dispatcher = await agentFor(proxies)
  const dispatch: object = { dispatcher }
  return { ...io, dispatcher, fetch: (input, init) => io.fetch(input, { ...init, ...dispatch }) }
}

/** Describes the proxies without user and password; empty if there are none. @throws ConfigError */
export function proxyWords(env: CommandIo['env']): string {
  const { http, https } = proxiesIn(env) ?? {}
  return [https, http]
    .flatMap((proxy) => (proxy === undefined ? [] : [`${proxy.variable} is ${proxy.url.origin}`]))
    .join(', ')
}

/** Lower case has priority, as in curl and undici. */
function proxiesIn(env: CommandIo['env']): Proxies | undefined {
  const http = proxyIn(env, 'http_proxy')
  const https = proxyIn(env, 'https_proxy')
  if (http === undefined && https === undefined) return undefined
  return { http, https, except: withBrackets(env['no_proxy'] ?? env['NO_PROXY'] ?? '') }
}

/** Adds the brackets that undici expects around an IPv6 address, and that curl does not. */
function withBrackets(hosts: string): string {
  return hosts.replace(/[^\s,]+/g, (host) => (isIPv6(host) ? `[${host}]` : host))
}

function proxyIn(env: CommandIo['env'], name: string): NamedProxy | undefined {
  const variable = env[name] === undefined ? name.toUpperCase() : name
  const text = (env[variable] ?? '').trim()
  if (text === '') return undefined
  const url = parsed(text.includes('://') ? text : `http://${text}`)
  if (url !== undefined) return { variable, url }
  throw new ConfigError(
    `${variable} must be the address of an HTTP proxy`,
    { field: variable, problem: 'malformed' },
    {
      hint: 'For example http://proxy.example.com:3128; user and password are percent-encoded before the host.',
    },
  )
}

function parsed(text: string): URL | undefined {
  try {
    const url = new URL(text)
    decodeURIComponent(url.username + url.password)
    return ['http:', 'https:'].includes(url.protocol) ? url : undefined
  } catch {
    return undefined
  }
}

/** Imports undici only if needed, because it loads slowly and most hosts have no proxy. */
async function agentFor({ http, https, except }: Proxies): Promise<Dispatcher> {
  const { EnvHttpProxyAgent, Pool } = await import('undici')
  return new EnvHttpProxyAgent({
    httpProxy: http?.url.href ?? '',
    httpsProxy: https?.url.href ?? '',
    noProxy: except,
    clientFactory: (origin, options) => {
      const { connect } = options as Pool.Options & { readonly connect: buildConnector.connector }
      return new Pool(origin, { ...options, connect: proxyConnector(connect) })
    },
  })
}

/** Connects to a proxy. Marks its failures, so that they differ from those of the platform. */
function proxyConnector(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) => {
    connect(options, (...result) => {
      const [error] = result
      if (error === null) callback(...result)
      else callback(new UnreachableProxy('the proxy is unreachable', { cause: error }), null)
    })
  }
}

/** Has the code that Node.js uses for this failure. */
class UnreachableProxy extends Error {
  override readonly name = 'UnreachableProxy'
  readonly code = 'ERR_PROXY_TUNNEL'
}
