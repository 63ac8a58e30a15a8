import { setMaxListeners } from 'node:events'
import { ConfigError, systemClock } from '@lingpai/core'
import type { FastifyBaseLogger, FastifyInstance, FastifyPluginAsync } from 'fastify'
import { accessLog } from './access-log.js'
import { accountFeed } from './account-feed.js'
import { accountRegister, type AccountRegister } from './account-register.js'
import { accountStatus } from './account-status.js'
import { actors } from './actors.js'
import { ApiError, noSuchAccount } from './api-error.js'
import { auditTimeline, warmTimeline } from './audit-timeline.js'
import { authenticator } from './authenticator.js'
import { requireCaller } from './callers.js'
import { compileValidator } from './compile-validator.js'
import { registerFacades } from './facades/register-facades.js'
import { registerMetrics } from './metrics/register-metrics.js'
import { registerPage } from './page/register-page.js'
import { heldOpen } from './held-open.js'
import { firstAnswer } from './first-answer.js'
import { keepFresh } from './keep-fresh.js'
import { registerErrors } from './register-errors.js'
import { registerOpenApi } from './register-open-api.js'
import { registerAccounts } from './routes/register-accounts.js'
import { registerChanges } from './routes/register-changes.js'
import { registerEvents } from './routes/register-events.js'
import { registerHealth } from './routes/register-health.js'
import { registerSession } from './routes/register-session.js'
import { registerTokens } from './routes/register-tokens.js'
import { sessionCookies } from './keys/session-cookie.js'
import { sharedTime } from './shared-time.js'
import { sharedSchemas } from './schemas.js'
import type { ServerContext } from './server-context.js'
import { largestBodyBytes } from './server-settings.js'
import { statusBoard } from './status-board.js'
import type { TokenServerOptions } from './token-server-options.js'
import type { TypedFastify } from './typebox-provider.js'
import { writeAuditLog } from './write-audit-log.js'

/** The central token server as a fastify plugin. */
export const tokenServer: FastifyPluginAsync<TokenServerOptions> = async (fastify, options) => {
  const draining = new AbortController()
  // Every stream and every long poll listens to it; thousands are no leak.
  setMaxListeners(0, draining.signal)
  const { context, board, begin, close } = openContext(options, draining.signal, fastify.log)
  fastify.setValidatorCompiler(compileValidator)
  for (const schema of sharedSchemas) fastify.addSchema(schema)
  fastify.addHook('onRoute', (route) => {
    route.bodyLimit ??= largestBodyBytes
  })
  // Also what was under way when the end began: the client must not send its next request here.
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (draining.signal.aborted) void reply.header('connection', 'close')
    done()
  })
  fastify.addHook('onRequest', (_request, reply, done) => {
    void reply.header('cache-control', 'no-store')
    done()
  })
  writeAuditLog(context.feed, fastify.log)
  registerErrors(fastify, context)
  await registerOpenApi(fastify)
  registerRoutes(fastify, context, board)
  fastify.addHook('onReady', begin)
  fastify.addHook('preClose', () => {
    draining.abort()
    return Promise.resolve()
  })
  fastify.addHook('onClose', close)
}

function registerRoutes(
  fastify: FastifyInstance,
  context: ServerContext,
  board: ReturnType<typeof openContext>['board'],
): void {
  const open: TypedFastify = fastify.withTypeProvider()
  registerHealth(open, context)
  registerSession(open, context)
  void fastify.register(async (scope) => {
    requireCaller(scope, context)
    const typed: TypedFastify = scope.withTypeProvider()
    registerAccounts(typed, context)
    registerTokens(typed, context)
    registerChanges(typed, context, board)
    registerEvents(typed, context, board)
  })
  for (const part of partsOf(context)) void fastify.register(async (scope) => part(scope, context))
}

/** Each in a scope of its own, so that its hooks and its errors stay its own. */
function partsOf({
  options: { metrics = true, page = true },
}: ServerContext): readonly ((fastify: FastifyInstance, context: ServerContext) => void | Promise<void>)[] {
  return [registerFacades, ...(metrics ? [registerMetrics] : []), ...(page ? [registerPage] : [])]
}

function openContext(options: TokenServerOptions, draining: AbortSignal, log: FastifyBaseLogger) {
  const { manager, cache, keys, clock = systemClock, isKeeping = true, rateLimit = 1000 } = options
  if (!(rateLimit > 0))
    throw new ConfigError('rateLimit is to be above 0', { field: 'rateLimit', problem: 'malformed' })
  const accounts = registerOf(options.accounts)
  const acting = actors()
  const feed = accountFeed({ manager, accounts, actors: acting })
  const time = sharedTime(cache, clock)
  const timeline = auditTimeline({ cache, clock, feed })
  const statusOf: ServerContext['statusOf'] = (account) =>
    accountStatus(account, time.nowMs(), timeline.lastRefresh(account))
  const sessions = sessionCookies(options.sessionKey)
  const access = accessLog({ log, clock, cache })
  const held = heldOpen({ keys, clock, draining })
  const board = statusBoard({ accounts, feed, clock }, statusOf)
  const context: ServerContext = {
    accounts,
    keys,
    manager,
    cache,
    clock,
    time,
    feed,
    timeline,
    options,
    draining,
    sessions,
    access,
    held,
    ...authenticator({ keys, sessions, access, clock, rateLimit }),
    accountFor: (caller, name, right = 'read') => accountFor(accounts, caller, name, right),
    statusOf,
    actAs: acting.actAs,
  }
  const begin = async (): Promise<void> => {
    await firstAnswer(cache)
    if (isKeeping) keepFresh(accounts, clock, draining)
    void warmTimeline(timeline, accounts.all())
  }
  const stop = accounts.onChange(({ added }) => void warmTimeline(timeline, added))
  const close = async (): Promise<void> => {
    stop()
    held.close()
    board.close()
    time.close()
    await timeline.close()
    feed.close()
  }
  return { context, board, begin, close }
}

function registerOf(accounts: TokenServerOptions['accounts']): AccountRegister {
  return 'onChange' in accounts ? accounts : accountRegister(accounts)
}

const rights = { read: 'mayRead', report: 'mayReport', admin: 'mayAdmin' } as const

function accountFor(
  accounts: AccountRegister,
  caller: Parameters<ServerContext['accountFor']>[0],
  name: string,
  right: keyof typeof rights,
): ReturnType<ServerContext['accountFor']> {
  const account = accounts.get(name)
  if (!caller.mayRead(name) || account === undefined) throw noSuchAccount()
  if (!caller[rights[right]](name)) throw new ApiError('ERR_FORBIDDEN', `the role ${caller.key.role} may not do this`)
  return account
}
