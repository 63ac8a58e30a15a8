import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { fileCache } from '@lingpai/cache-file'
import { defineProvider, UnavailableError, type Provider, type Secret } from '@lingpai/core'
import { pushedCredential, type PushedCredential } from '@lingpai/core/internal'
import { plainCache } from './plain-cache.js'
import { errorOf, reply, scriptedPlatform, toy, type ScriptedPlatform } from './scripted-platform.js'

/** A platform that pushes a ticket to its apps: an app's token needs it, and a tenant's token needs the app's token. */
interface TicketedApp {
  readonly appId: string
  readonly appSecret: Secret
  readonly ticket: Secret
}

const { pattern: _, env: __, probe: ___, parent: ____, volatile: _____, secrets: ______, ...described } = toy.spec

const ticketedApp = defineProvider<TicketedApp>({
  ...described,
  account: ['appId'],
  secrets: ['appSecret'],
  volatile: ['ticket'],
  request: ({ appId, appSecret, ticket }) => ({ method: 'POST', url: '/token', json: { appId, appSecret, ticket } }),
})

const tenant = defineProvider<TicketedApp & { readonly tenantKey: string }>({
  ...described,
  kind: 'tenant',
  account: ['appId', 'tenantKey'],
  secrets: ['appSecret'],
  parent: ticketedApp,
  parentPlacement: { in: 'json', name: 'app_access_token' },
  errors: { token: { 'token-invalid': [40001] }, api: { 'token-invalid': [40001] } },
  request: ({ tenantKey }) => ({ method: 'POST', url: '/tenant', json: { tenant_key: tenantKey } }),
})

let platform: ScriptedPlatform
beforeEach(async () => {
  platform = await scriptedPlatform()
})
afterEach(() => platform.close())

const here = <C>(provider: Provider<C>): Provider<C> => provider.extend({ baseUrl: platform.url })
const app = { appId: 'app-1', appSecret: 'S3cret-of-the-toy' }
const bodies = (): readonly unknown[] => platform.seen.map(({ body }) => JSON.parse(body) as unknown)

test('a function is asked at each request, and another ticket is the same account', async () => {
  const manager = platform.manager()
  let pushed = 0
  const source = manager.source(here(ticketedApp), { ...app, ticket: async () => `ticket-${(pushed += 1)}` })
  const first = await source.getRecord()
  const second = await source.refresh()
  expect(second.generation).toBe(first.generation + 1)
  expect(bodies()).toEqual([
    { ...app, ticket: 'ticket-1' },
    { ...app, ticket: 'ticket-2' },
  ])
})

test('a manager that is closed does not wait for a function that does not return', async () => {
  const manager = platform.manager()
  const source = manager.source(here(ticketedApp), { ...app, ticket: () => new Promise<string>(() => undefined) })
  const failed = expect(source.getAccessToken()).rejects.toMatchObject({ code: 'ERR_LINGPAI_CLOSED' })
  await platform.clock.settle()
  let isClosed = false
  void manager.close().then(() => (isClosed = true))
  await platform.clock.settle()
  expect(isClosed).toBe(true)
  await failed
})

test('a ticket that is given later is used from then on, by the source that there is', async () => {
  const manager = platform.manager()
  const source = manager.source(here(ticketedApp), { ...app, ticket: 'ticket-old' })
  await source.getAccessToken()
  expect(manager.source(here(ticketedApp), { ...app, ticket: 'ticket-new' })).toBe(source)
  await source.refresh()
  expect(bodies()).toEqual([
    { ...app, ticket: 'ticket-old' },
    { ...app, ticket: 'ticket-new' },
  ])
})

test('an account that is asked for again without a ticket keeps the one it has', async () => {
  const manager = platform.manager()
  const source = manager.source(here(ticketedApp), { ...app, ticket: () => 'ticket-1' })
  // As `credentialsFromEnv()` gives them while the ticket's variable is not set.
  expect(manager.source(here(ticketedApp), app as TicketedApp)).toBe(source)
  await source.getAccessToken()
  expect(bodies()).toEqual([{ ...app, ticket: 'ticket-1' }])
})

test('an account that is asked for without a ticket first works once it is given one', async () => {
  const manager = platform.manager()
  const source = manager.source(here(ticketedApp), app as TicketedApp)
  expect(() => source.validate()).toThrow(/ticket is missing/)
  expect(manager.source(here(ticketedApp), { ...app, ticket: 'ticket-1' })).toBe(source)
  await source.getAccessToken()
  expect(bodies()).toEqual([{ ...app, ticket: 'ticket-1' }])
})

test('a ticket stands in no key, record, event or error, even if the platform quotes it', async () => {
  const entries = new Map<string, string>()
  const cache = {
    get: (key: string) => entries.get(key),
    set: (key: string, value: string) => void entries.set(key, value),
    remove: (key: string) => void entries.delete(key),
  }
  const manager = platform.manager({ cache })
  const events: unknown[] = []
  for (const name of ['refreshed', 'refresh-failed'] as const) manager.on(name, (event) => events.push(event))
  const source = manager.source(here(ticketedApp), { ...app, ticket: () => 'S3cret-ticket' })
  await source.getAccessToken()
  platform.answer(reply({ errcode: 48001, errmsg: 'bad ticket S3cret-ticket' }))
  const error = await errorOf(source.refresh())
  expect(error).toMatchObject({ code: 'ERR_LINGPAI_PLATFORM' })
  expect(events).toHaveLength(2)
  expect(inspect([error, events, entries, source], { depth: 9, showHidden: true })).not.toContain('S3cret-ticket')
})

test.each<[string, () => Promise<string>]>([
  ['fails', () => Promise.reject(new UnavailableError('no store', { provider: 'store', problem: 'secret' }))],
  ['finds no ticket yet', async () => ''],
])('a function that %s is a retryable error that names the field, and the platform is not asked', async (_, ticket) => {
  const source = platform.manager().source(here(ticketedApp), { ...app, ticket })
  const error = await errorOf(platform.clock.runUntil(source.getAccessToken()))
  expect(error).toMatchObject({
    code: 'ERR_LINGPAI_UNAVAILABLE',
    retryable: true,
    retryAtMs: expect.any(Number),
    details: { problem: 'secret', field: 'ticket' },
  })
  expect(platform.seen).toEqual([])
})

test('a missing ticket has the hint of its provider, also where a derived token needs it', async () => {
  const hinted = defineProvider({ ...ticketedApp.spec, hints: { ticket: 'Wait for the push.' } })
  const given = { ...app, tenantKey: 'tenant-a', ticket: async () => '' }
  const manager = platform.manager()
  for (const source of [
    manager.source(here(hinted), given),
    manager.source(here(tenant.extend({ parent: hinted })), given),
  ]) {
    expect(await errorOf(platform.clock.runUntil(source.getAccessToken()))).toMatchObject({
      message: 'toy: there is no ticket now',
      hint: 'Wait for the push.',
    })
  }
})

test('a function that never returns does not hold its callers', async () => {
  const source = platform.manager().source(here(ticketedApp), { ...app, ticket: () => new Promise(() => undefined) })
  expect(await errorOf(platform.clock.runUntil(source.getAccessToken()))).toMatchObject({
    code: 'ERR_LINGPAI_UNAVAILABLE',
    details: { problem: 'secret' },
  })
})

test('a living token is served while there is no ticket', async () => {
  let ticket = 'ticket-1'
  const source = platform.manager().source(here(ticketedApp), { ...app, ticket: () => ticket })
  const token = await source.getAccessToken()
  ticket = ''
  await platform.clock.advance(6900_000)
  expect(await source.getAccessToken()).toBe(token)
})

test('tenants of one app share its token, which goes into the body of their requests', async () => {
  const manager = platform.manager()
  const given = { ...app, ticket: () => 'ticket-1' }
  const tenants = ['tenant-a', 'tenant-b'].map((tenantKey) => manager.source(here(tenant), { ...given, tenantKey }))
  await Promise.all(tenants.map((source) => source.getAccessToken()))
  expect(bodies()).toEqual([
    { ...app, ticket: 'ticket-1' },
    { tenant_key: 'tenant-a', app_access_token: 'token-1' },
    { tenant_key: 'tenant-b', app_access_token: 'token-1' },
  ])
})

test('a new ticket of a derived account reaches the account that it is derived from', async () => {
  const manager = platform.manager()
  const given = { ...app, tenantKey: 'tenant-a' }
  const source = manager.source(here(tenant), { ...given, ticket: 'ticket-1' })
  await source.getAccessToken()
  manager.source(here(tenant), { ...given, ticket: 'ticket-2' })
  platform.answer((request, response) => {
    platform.answer(undefined)
    reply({ errcode: 40001, errmsg: 'invalid app token' })(request, response)
  })
  await source.refresh()
  expect(bodies().slice(2)).toEqual([
    { tenant_key: 'tenant-a', app_access_token: 'token-1' },
    { ...app, ticket: 'ticket-2' },
    { tenant_key: 'tenant-a', app_access_token: 'token-3' },
  ])
})

test('a provider may have no secret beside what is signed for each request', async () => {
  const keyless = defineProvider<{ readonly clientId: string; readonly assertion: Secret }>({
    ...described,
    account: ['clientId'],
    secrets: [],
    volatile: ['assertion'],
    request: ({ clientId, assertion }) => ({ method: 'POST', url: '/token', json: { clientId, assertion } }),
  })
  let signed = 0
  const source = platform.manager().source(here(keyless), { clientId: 'c-1', assertion: () => `jwt-${(signed += 1)}` })
  await source.getAccessToken()
  await source.refresh()
  expect(bodies()).toEqual([
    { clientId: 'c-1', assertion: 'jwt-1' },
    { clientId: 'c-1', assertion: 'jwt-2' },
  ])
})

test('a pushed ticket is kept in a cache, and another process finds it there', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lingpai-'))
  const ticketOf = (): PushedCredential => pushedCredential(fileCache({ directory }), 'toy', 'app-1', 'ticket')
  expect(await ticketOf().read()).toBe('')
  await ticketOf().receive('ticket-1')
  await ticketOf().receive(' ticket-2\n')
  // An event that was read wrongly must not cost the ticket.
  for (const wrong of ['', ' ', undefined as never])
    await expect(ticketOf().receive(wrong)).rejects.toThrow(/the pushed ticket is (empty|missing)/)
  const source = platform.manager().source(here(ticketedApp), { ...app, ticket: ticketOf().read })
  await source.getAccessToken()
  expect(bodies()).toEqual([{ ...app, ticket: 'ticket-2' }])
  await rm(directory, { recursive: true })
})

test('a missing ticket is a ConfigError before any request', () => {
  const source = platform.manager().source(here(ticketedApp), app as never)
  expect(() => source.validate()).toThrow(/ticket is missing/)
})

test('a missing ticket is a ConfigError at every call, also while another source of the account has a token', async () => {
  const { cache } = plainCache()
  await platform
    .manager({ cache })
    .source(here(ticketedApp), { ...app, ticket: 'ticket-1' })
    .getAccessToken()
  const source = platform.manager({ cache }).source(here(ticketedApp), app as never)
  for (let call = 0; call < 3; call += 1)
    expect(await errorOf(source.getAccessToken())).toMatchObject({
      code: 'ERR_LINGPAI_CONFIG',
      details: { field: 'ticket' },
    })
})

test('a parent’s token for the JSON body of a form is a ConfigError: the form would not be sent', async () => {
  const { spec } = tenant
  const form = defineProvider({ ...spec, request: () => ({ method: 'POST', url: '/tenant', form: { a: '1' } }) })
  const source = platform.manager().source(here(form), { ...app, tenantKey: 'tenant-a', ticket: 'ticket-1' })
  expect(await errorOf(source.getAccessToken())).toMatchObject({
    code: 'ERR_LINGPAI_CONFIG',
    details: { field: 'parentPlacement' },
  })
})
