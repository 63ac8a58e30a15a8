import { setMaxListeners } from 'node:events'
import { ConfigError, systemClock, type Clock } from '@lingpai/core'
import type { FastifyBaseLogger, FastifyInstance, FastifyPluginAsync } from 'fastify'
import { accessLog } from './audit/access-log.js'
import { accountFeed } from './accounts/account-feed.js'
import { accountRegister, type AccountRegister } from './accounts/account-register.js'
import { accountStatus } from './accounts/account-status.js'
import { actors } from './accounts/actors.js'
import { callLog } from './audit/call-log.js'
import { ApiError, noSuchAccount } from './http/api-error.js'
import { auditTimeline, warmTimeline } from './audit/audit-timeline.js'
import { authenticator } from './auth/authenticator.js'
import { requireCaller } from './auth/require-caller.js'
import { compileValidator } from './http/compile-validator.js'
import { registerFacades } from './facades/register-facades.js'
import { forwardOptionsOf } from './forward/forward-options.js'
import { signingKeys } from './forward/signing-key.js'
import { surrogates, type Surrogates } from './forward/surrogate.js'
import { registerMetrics } from './metrics/register-metrics.js'
import { registerPage } from './page/register-page.js'
import { heldOpen } from './http/held-open.js'
import { waitForStore } from './store/wait-for-store.js'
import { refreshInBackground } from './accounts/refresh-in-background.js'
import { namedScope } from './http/named-scope.js'
import { registerErrors } from './http/register-errors.js'
import { registerOpenApi } from './http/register-open-api.js'
import { registerAccounts } from './routes/register-accounts.js'
import { registerChanges } from './routes/register-changes.js'
import { registerEvents } from './routes/register-events.js'
import { registerHealth } from './routes/register-health.js'
import { registerSession } from './routes/register-session.js'
import { registerTokens } from './routes/register-tokens.js'
import { tokenShortcut } from './routes/token-shortcut.js'
import { sessionCookies } from './auth/session-cookie.js'
import { storeClock } from './store/store-clock.js'
import { sharedSchemas } from './http/schemas.js'
import type { ServerContext } from './server-context.js'
import { limitBodyTime } from './http/body-time.js'
import { largestBodyBytes, longestBodyMs } from './http/server-settings.js'
import type { Shortcut } from './http/shortcut.js'
import { statusWatcher } from './accounts/status-watcher.js'
import type { TokenServerOptions } from './token-server-options.js'
import { tokenResponder } from './tokens/token-responder.js'
import type { TypedFastify } from './http/typebox-provider.js'
import { writeAuditLog } from './audit/write-audit-log.js'

/**
 * The token server as a fastify plugin, for an app of your own. See {@link startTokenServer} for a complete server.
 *
 * @example
 * ```ts
 * import { tokenServer, type TokenServerOptions } from '@lingpai/server'
 * import fastify from 'fastify'
 *
 * declare const options: TokenServerOptions
 * const app = fastify()
 * await app.register(tokenServer, options)
 * await app.listen({ port: 4180 })
 * ```
 */
export const tokenServer: FastifyPluginAsync<TokenServerOptions> = tokenServerWith()

/** Creates the plugin. @param useShortcut receives what may respond before the framework, if no other plugin has hooks */
export function tokenServerWith(useShortcut?: (shortcut: Shortcut) => void): FastifyPluginAsync<TokenServerOptions> {
  return namedScope('lingpai-token-server', async (fastify: FastifyInstance, options: TokenServerOptions) => {
    const context = await serveTokens(fastify, options)
    useShortcut?.(tokenShortcut(context))
  })
}

async function serveTokens(fastify: FastifyInstance, options: TokenServerOptions): Promise<ServerContext> {
  const draining = new AbortController()
  // Every open stream and long poll adds a listener, so thousands are not a leak.
  setMaxListeners(0, draining.signal)
  const { context, watcher, begin, close } = openContext(options, draining.signal, fastify.log)
  fastify.setValidatorCompiler(compileValidator)
  for (const schema of sharedSchemas) fastify.addSchema(schema)
  fastify.addHook('onRoute', (route) => {
    route.bodyLimit ??= largestBodyBytes
  })
  // Also for requests that began before the shutdown: the client must send its next request elsewhere.
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (draining.signal.aborted) void reply.header('connection', 'close')
    done()
  })
  fastify.addHook('onRequest', (_request, reply, done) => {
    void reply.header('cache-control', 'no-store')
    done()
  })
  if (context.surrogates !== undefined)
    fastify.addHook('onRequest', ({ raw }, reply, done) => {
      limitBodyTime(raw, reply.raw, longestBodyMs)
      done()
    })
  writeAuditLog(context.feed, fastify.log)
  registerErrors(fastify, context)
  await registerOpenApi(fastify)
  registerRoutes(fastify, context, watcher)
  fastify.addHook('onReady', begin)
  fastify.addHook('preClose', () => {
    draining.abort()
    return Promise.resolve()
  })
  fastify.addHook('onClose', close)
  return context
}

function registerRoutes(
  fastify: FastifyInstance,
  context: ServerContext,
  watcher: ReturnType<typeof openContext>['watcher'],
): void {
  const open: TypedFastify = fastify.withTypeProvider()
  registerHealth(open, context)
  registerSession(open, context)
  void fastify.register(
    namedScope('lingpai-token-routes', async (scope) => {
      requireCaller(scope, context)
      const typed: TypedFastify = scope.withTypeProvider()
      registerAccounts(typed, context)
      registerTokens(typed, context)
      registerChanges(typed, context, watcher)
      registerEvents(typed, context, watcher)
    }),
  )
  for (const [name, part] of Object.entries(partsOf(context))) {
    void fastify.register(namedScope(`lingpai-${name}`, async (scope) => part(scope, context)))
  }
  const forward = forwardOptionsOf(context.options.forward)
  if (forward === undefined) return
  // undici loads slowly, and most servers forward nothing.
  const forwarder = async (scope: FastifyInstance): Promise<void> => {
    const { registerForwarder } = await import('./forward/register-forwarder.js')
    context.forward = registerForwarder(scope, context, forward)
  }
  void fastify.register(namedScope('lingpai-forwarder', forwarder))
}

/** Each part has its own scope, so that its hooks and error handlers do not affect the others. */
function partsOf({
  options: { metrics = true, page = true },
}: ServerContext): Readonly<
  Record<string, (fastify: FastifyInstance, context: ServerContext) => void | Promise<void>>
> {
  return { facades: registerFacades, ...(metrics && { metrics: registerMetrics }), ...(page && { page: registerPage }) }
}

function openContext(options: TokenServerOptions, draining: AbortSignal, log: FastifyBaseLogger) {
  const { manager, cache, keys, clock = systemClock, isKeeping = true, rateLimit = 1000 } = options
  if (!(rateLimit > 0))
    throw new ConfigError('tokenServer: "rateLimit" must be a positive number', {
      field: 'rateLimit',
      problem: 'malformed',
    })
  const sessions = sessionCookies(options.sessionKey)
  const forward = forwardOptionsOf(options.forward)
  const accounts = registerOf(options.accounts)
  // Settings that are wrong, and a register of the program's own that fails, must leave nothing open.
  const stop = accounts.onChange(({ added }) => void warmTimeline(timeline, added, draining))
  const acting = actors()
  const feed = accountFeed({ manager, accounts, actors: acting })
  const time = storeClock(cache, clock)
  const timeline = auditTimeline({ cache, clock, feed })
  const statusOf: ServerContext['statusOf'] = (account) =>
    accountStatus(account, time.nowMs(), timeline.lastRefresh(account))
  const access = accessLog({ log, clock, cache })
  const forwarding = forward && surrogatesOf(options, clock, time)
  const held = heldOpen({ keys, clock, draining })
  const watcher = statusWatcher({ accounts, feed, clock }, statusOf)
  const context: ServerContext = {
    accounts,
    keys,
    manager,
    cache,
    clock,
    time,
    responder: tokenResponder(time, clock),
    feed,
    timeline,
    options,
    draining,
    sessions,
    access,
    calls: callLog(log),
    ...(forwarding && { surrogates: forwarding.ready }),
    held,
    ...authenticator({ keys, sessions, access, clock, rateLimit }),
    accountFor: (caller, name, right = 'read') => accountFor(accounts, caller, name, right),
    statusOf,
    actAs: acting.actAs,
  }
  const begin = async (): Promise<void> => {
    await waitForStore(cache)
    // Not awaited: until the cache gives the key of the surrogates, only facades and the forwarder fail.
    forwarding?.ready().catch(() => undefined)
    if (isKeeping) refreshInBackground(accounts, clock, draining)
    void warmTimeline(timeline, accounts.all(), draining)
  }
  const close = async (): Promise<void> => {
    stop()
    held.close()
    watcher.close()
    time.close()
    forwarding?.close()
    await timeline.close()
    feed.close()
  }
  return { context, watcher, begin, close }
}

/** Opens the surrogates of this server. */
function surrogatesOf(
  { cache, keys, sessionKey }: TokenServerOptions,
  clock: Clock,
  { nowMs }: ServerContext['time'],
): { readonly ready: NonNullable<ServerContext['surrogates']>; readonly close: () => void } {
  const signing = signingKeys({ cache, clock, ...(sessionKey !== undefined && { sessionKey }) })
  const made = surrogates({ signingKeys: () => signing.known(), keys, nowMs })
  const ready = async (): Promise<Surrogates> => {
    await signing.ready()
    return made
  }
  return {
    ready,
    close: () => {
      signing.close()
    },
  }
}

function registerOf(accounts: TokenServerOptions['accounts']): AccountRegister {
  return 'onChange' in accounts ? accounts : accountRegister(accounts)
}

const rights = { read: 'mayRead', token: 'mayHold', report: 'mayReport', admin: 'mayAdmin' } as const

function accountFor(
  accounts: AccountRegister,
  caller: Parameters<ServerContext['accountFor']>[0],
  name: string,
  right: keyof typeof rights,
): ReturnType<ServerContext['accountFor']> {
  const account = accounts.get(name)
  if (!caller.mayRead(name) || account === undefined) throw noSuchAccount()
  if (!caller[rights[right]](name))
    throw new ApiError(
      'ERR_FORBIDDEN',
      caller.key.paths === undefined
        ? `the role ${caller.key.role} does not allow this`
        : 'this key is for forwarded calls only, so it receives no token',
    )
  return account
}
