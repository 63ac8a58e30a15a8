import { isIPv6 } from 'node:net'
import { isLingpaiError, TokenManager, type AnyLingpaiError, type IAccessTokenCache } from '@lingpai/core'
import type { ForwardOptions, RunningTokenServer } from '@lingpai/server'
import { openCache } from '../caches.js'
import type { CommandIo } from '../command-io.js'
import type { CommandContext, CommandDefinition } from '../command.js'
import { isUnprotected } from '../configuration/base-url.js'
import type { Configuration } from '../configuration/configuration.js'
import { loadConfiguration } from '../configuration/load-configuration.js'
import { exitCodes } from '../exit-code.js'
import { accountsNamed } from '../open-accounts.js'
import { portOf } from '../port-of.js'
import { accountPool } from '../serve/account-pool.js'
import { followFiles } from '../serve/follow-files.js'
import { readServerFiles } from '../serve/server-files.js'

/** `lingpai serve` */
export const serveCommand: CommandDefinition = {
  syntax: 'serve',
  summary: 'run the token server: it fetches tokens for all programs',
  options: [
    ['--host <address>', 'listen on this address instead of server.host (default: 127.0.0.1)'],
    ['--port <number>', 'listen on this port instead of server.port (default: 4180)'],
    ['--allow-plain-http', 'allow plain HTTP beyond loopback, for a proxy in front that terminates TLS'],
  ],
  usesConfiguration: true,
  examples: [
    ['lingpai key create --role reader --accounts shop', 'first, a key for each program'],
    ['lingpai serve --config lingpai.yaml', 'the server, with its status page at /'],
  ],
  jsonShape: '{url, accounts, keys, keysFile}, once it listens; the log goes to standard error',
  run: async (context) => {
    // Registered first, so that a signal during the start stops the server.
    const stopped = context.io.stopped()
    await serve(context, await loadConfiguration(context.io, context.options), stopped)
    return exitCodes.ok
  },
}

/** Options of the command line have priority over the file. */
function settingsOf(
  { server }: Configuration,
  { host, port, allowPlainHttp }: CommandContext['options'],
): Configuration['server'] {
  return {
    ...server,
    ...(typeof host === 'string' && { host }),
    ...(port !== undefined && { port: portOf(port) }),
    ...(allowPlainHttp === true && { allowPlainHttp }),
  }
}

async function serve(context: CommandContext, configuration: Configuration, stopped: Promise<void>): Promise<void> {
  const { io, output } = context
  const { accountRegister, openKeysFile, startTokenServer } = await import('@lingpai/server')
  const settings = settingsOf(configuration, context.options)
  const { keysFile, host, port, trustProxy, rateLimit, metrics, page, logLevel, allowPlainHttp } = settings
  const forward = forwardOf(settings, io)
  const { timeoutMs, language, allowWorldReadable } = configuration
  const configured = accountsNamed(configuration, undefined)
  let server: RunningTokenServer | undefined
  const warn = (text: string): void => {
    if (server === undefined) output.warn(text)
    else server.app.log.warn(text)
  }
  const files = await readServerFiles(settings, { allowWorldReadable, warn })
  const cache = await openCache(configuration.cache, { io, output })
  const manager = new TokenManager({
    cache,
    fetch: io.fetch,
    clock: io.clock,
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(language !== undefined && { language }),
    hooks: {
      'cache-failed': ({ error, repeated }) => {
        if (!repeated) warn(`the cache ${configuration.cache.shown} is failing: ${error.message}`)
      },
      'cache-recovered': ({ failures }) => {
        warn(`the cache ${configuration.cache.shown} works again after ${failures} failures`)
      },
    },
  })
  const keys = await openKeysFile(keysFile, {
    clock: io.clock,
    allowWorldReadable,
    onProblem: warn,
    onReload: (count) => server?.app.log.info({ keys: count }, 'the client keys were reloaded'),
  })
  const pool = accountPool({ manager, io, output, warn })
  let unfollow = (): void => undefined
  try {
    await checkCache(cache, (error) => {
      warn(`the cache ${configuration.cache.shown} is not ready: ${error.message}`)
    })
    const register = accountRegister(await pool.open(configured))
    server = await startTokenServer({
      ...{
        accounts: register,
        manager,
        cache,
        keys,
        clock: io.clock,
        host,
        port,
        trustProxy,
        metrics,
        page,
        allowPlainHttp,
        forward,
      },
      ...files,
      ...(rateLimit !== undefined && { rateLimit }),
      logger: { level: logLevel, stream: { write: output.plain.err } },
      drainMs: 3000,
    })
    unfollow = followFiles({ io, options: context.options, configuration, server, register, pool, keys })
    if (isPlainHttp(settings)) warn(plainHttp)
    announce(context, configuration, server.url, keys.size)
    await stopped
    server.app.log.info('shutting down: finishing running requests')
  } finally {
    unfollow()
    await server?.close()
    keys.close()
    await manager.close()
    await cache.close?.()
  }
}

/** Forwarded calls go through the same proxies as token requests. */
function forwardOf({ forward }: Configuration['server'], { dispatcher }: CommandIo): boolean | ForwardOptions {
  if (forward === false || dispatcher === undefined) return forward
  return { ...(forward === true ? {} : forward), dispatcher }
}

const plainHttp =
  'clients send their keys without TLS: only a proxy in front that terminates TLS must be able to reach this address'

function isPlainHttp({ host, tls, allowPlainHttp }: Configuration['server']): boolean {
  return allowPlainHttp && tls === undefined && isUnprotected(`http://${isIPv6(host) ? `[${host}]` : host}`)
}

/** A server does not start on a cache with a permanent failure; a cache that is down may recover. */
async function checkCache(cache: IAccessTokenCache, warn: (error: AnyLingpaiError) => void): Promise<void> {
  try {
    await cache.ready?.()
  } catch (error) {
    if (!isLingpaiError(error) || !error.retryable) throw error
    warn(error)
  }
}

function announce({ output, options }: CommandContext, configuration: Configuration, url: string, keys: number): void {
  const names = configuration.accounts.map(({ name }) => name)
  const { keysFile } = configuration.server
  if (options.json) {
    output.json({ url, accounts: names, keys, keysFile })
    return
  }
  const { bold, dim } = output.style
  output.line(`${bold('Lingpai token server 令牌')}  ${url}  ${dim('(press Ctrl-C to stop)')}`)
  output.line(`  accounts  ${names.join(', ')}`)
  output.line(`  keys      ${keys} in ${keysFile}`)
  if (configuration.server.forward !== false)
    output.line('  forwards  API calls with tokens of this server: SDKs need only its URL and a client key')
  if (keys === 0)
    output.line(`  create a client key: lingpai key create --role reader --accounts ${names[0] ?? '<name>'}`)
}
