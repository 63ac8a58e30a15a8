import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '@lingpai/core'
import { deliver, type Answer } from './deliver.js'
import { doesWork, nameOfFault, type FaultBook, type FaultEffect } from './faults.js'
import type { WritableLedger } from './ledger.js'
import type { SimLook, SimPlatform, SimReply, SimRequest } from './platform.js'
import type { PlatformName } from './platform-name.js'
import type { SimAccount } from './sim-account.js'
import type { World } from './world.js'

/** What serving needs. */
export interface PlatformService {
  readonly world: World
  readonly faults: FaultBook
  readonly ledger: WritableLedger
  readonly clock: Clock
  /** The client address that the platforms see instead of the socket's. */
  readonly clientIp?: string
}

/** Handles a request below a platform's prefix. @returns `false` for any other path */
export function servePlatforms(
  service: PlatformService,
  request: IncomingMessage,
  response: ServerResponse,
  text: string,
): boolean {
  const url = new URL(`http://simulator${request.url ?? '/'}`)
  const [, name = '', path = ''] = /^\/([^/]+)(\/.*)$/.exec(url.pathname) ?? []
  const platform = service.world.platforms.get(name as PlatformName)
  if (platform === undefined) return false
  const seen: SimRequest = {
    method: request.method ?? 'GET',
    path,
    query: url.searchParams,
    headers: request.headers,
    text,
    ip: service.clientIp ?? (request.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
  }
  serve(service, { name: name as PlatformName, platform, request: seen }, response)
  return true
}

interface Visit {
  readonly name: PlatformName
  readonly platform: SimPlatform
  readonly request: SimRequest
}

function serve(service: PlatformService, { name, platform, request }: Visit, response: ServerResponse): void {
  const { faults, ledger, clock, world } = service
  const look = platform.look(request)
  const facts = {
    platform: name,
    endpoint: look.endpoint,
    path: request.path,
    ...(look.account !== undefined && { accountId: look.account.id }),
  }
  const fault = faults.meet(facts)
  if (look.endpoint === 'token' && look.account !== undefined) countInFlight(world, look.account, response)
  const reply = fault === undefined || doesWork(fault) ? platform.answer(request, look) : undefined
  ledger.write({ atMs: clock.now(), ...entryOf(name, request, look, reply, fault) })
  const answer: Answer = reply ?? { status: 200, body: '' }
  deliver(response, answer, fault ?? {}, clock)
}

function entryOf(
  platform: PlatformName,
  { path }: SimRequest,
  { endpoint, account }: SimLook,
  reply: SimReply | undefined,
  fault: FaultEffect | undefined,
) {
  const { code = 'fault', token, isNew, dead } = reply ?? {}
  return {
    platform,
    endpoint,
    path,
    code,
    ...(account !== undefined && { account: account.id }),
    ...(token !== undefined && { tokenId: token.id }),
    ...(isNew !== undefined && { isNew }),
    ...(dead !== undefined && { dead }),
    ...(fault !== undefined && { fault: nameOfFault(fault) }),
  }
}

function countInFlight({ inFlight }: World, account: SimAccount, response: ServerResponse): void {
  inFlight.set(account, (inFlight.get(account) ?? 0) + 1)
  response.once('close', () => inFlight.set(account, (inFlight.get(account) ?? 1) - 1))
}
