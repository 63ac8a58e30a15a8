import type { IncomingMessage, ServerResponse } from 'node:http'
import { ConfigError, isLingpaiError } from '@lingpai/core'
import type { AccountRef } from './accounts.js'
import type { FaultBook, FaultSpec } from './faults.js'
import { gatewayCalls } from './gateway/gateway-calls.js'
import type { Simulator } from './simulator.js'

type Question = Readonly<Record<string, unknown>>

/** The admin calls, by name. None returns a token or a secret. */
const calls: Readonly<Record<string, (simulator: Simulator, faults: FaultBook, body: Question) => unknown>> = {
  'GET /_sim/health': ({ timeScale }) => ({ ok: true, timeScale }),
  'GET /_sim/ledger': ({ ledger }) => ledger.summary(),
  'GET /_sim/entries': ({ ledger }) => ({ entries: ledger.entries }),
  'POST /_sim/reset': ({ ledger }) => {
    ledger.reset()
  },
  'POST /_sim/revoke': (simulator, _, { target, ...options }) => {
    simulator.revoke(refOf(target), options)
  },
  'POST /_sim/mint': (simulator, _, { account, ...options }) => {
    simulator.mint(refOf(account), options)
  },
  'POST /_sim/push': (simulator, _, { account }) => {
    simulator.push(refOf(account))
  },
  'POST /_sim/change': (simulator, _, { account, ...changes }) => {
    simulator.change(refOf(account), changes)
  },
  'POST /_sim/skip': (simulator, _, { ms }) => {
    simulator.skipTime(durationOf(ms))
  },
  'POST /_sim/fault': (simulator, _, { times = 1, ...spec }) => {
    // JSON has no Infinity.
    const { id } = simulator.fault({ ...(spec as FaultSpec), times: Number(times) })
    return { id }
  },
  'POST /_sim/clear': (_, faults, { id }) => {
    faults.clear(typeof id === 'string' ? id : undefined)
  },
  ...Object.fromEntries(
    Object.entries(gatewayCalls).map(([name, call]) => [
      name,
      ({ qqGateway }: Simulator, _: FaultBook, body: Question) => call(qqGateway, body),
    ]),
  ),
}

/** Handles a request below `/_sim`. @returns `false` for any other path */
export function serveAdmin(
  simulator: Simulator,
  faults: FaultBook,
  request: IncomingMessage,
  response: ServerResponse,
  text: string,
): boolean {
  const [path = ''] = (request.url ?? '').split('?')
  if (!path.startsWith('/_sim')) return false
  const call = calls[`${request.method} ${path}`]
  const [status, body] =
    call === undefined ? [404, { error: 'no such call' }] : attempt(() => call(simulator, faults, parse(text)))
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  return true
}

function attempt(work: () => unknown): readonly [status: number, body: unknown] {
  try {
    return [200, work() ?? { ok: true }]
  } catch (error) {
    return isLingpaiError(error) ? [400, { error: error.message }] : [500, { error: 'the simulator failed' }]
  }
}

function parse(text: string): Question {
  if (text === '') return {}
  const bad = new ConfigError('simulator: the body must be a JSON object', { problem: 'malformed' })
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw bad
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw bad
  return parsed as Question
}

function refOf(value: unknown): AccountRef {
  if (typeof value === 'string' || (typeof value === 'object' && value !== null)) return value as AccountRef
  throw new ConfigError('simulator: "account" is missing', { field: 'account', problem: 'missing' })
}

function durationOf(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw new ConfigError('simulator: "ms" must be a duration in milliseconds', { field: 'ms', problem: 'malformed' })
}
