import { ConfigError } from '@lingpai/core'
import type { GatewayDisturbance } from './gateway-effect.js'
import type { DispatchOptions, DispatchReceipt, QqGateway } from './qq-gateway.js'
import type { GatewayCounts, GatewayLedgerEntry } from './gateway-ledger.js'
import type { GatewaySettings } from './gateway-settings.js'

type Question = Readonly<Record<string, unknown>>

/** The admin calls of the gateway, by name. None returns a token. */
export const gatewayCalls: Readonly<Record<string, (gateway: QqGateway, body: Question) => unknown>> = {
  'GET /_sim/gateway': ({ ledger, connections, sessions }) => ({
    counts: ledger.counts,
    entries: ledger.entries,
    connections,
    sessions,
  }),
  'POST /_sim/gateway/change': (gateway, changes) => {
    gateway.change(changes)
  },
  'POST /_sim/gateway/dispatch': (gateway, { type, data, ...options }) => {
    if (typeof type === 'string') return gateway.dispatch(type, data, options)
    throw new ConfigError('simulator: "type" is missing', { field: 'type', problem: 'missing' })
  },
  'POST /_sim/gateway/disturb': (gateway, { times = 1, ...spec }) => ({
    // JSON has no Infinity.
    met: gateway.disturb({ ...spec, times: Number(times) }),
  }),
  'POST /_sim/gateway/calm': (gateway) => {
    gateway.calm()
  },
  'POST /_sim/gateway/forget': (gateway) => {
    gateway.forgetSessions()
  },
}

/** State of a gateway in another process. */
export interface RemoteGatewayState extends Pick<QqGateway, 'connections' | 'sessions'> {
  readonly counts: GatewayCounts
  readonly entries: readonly GatewayLedgerEntry[]
}

/** The gateway of a simulator in another process, with the methods of {@link QqGateway}. */
export interface RemoteQqGateway {
  /** Returns ledger, connections and sessions. */
  state(): Promise<RemoteGatewayState>
  /** Changes the settings of the gateway. */
  change(settings: Partial<GatewaySettings>): Promise<void>
  /** Sends an event to every session with matching intents and shard. */
  dispatch(type: string, data?: unknown, options?: DispatchOptions): Promise<DispatchReceipt>
  /** Disturbs current or future connections. @returns the number of connections disturbed at once */
  disturb(spec: GatewayDisturbance): Promise<number>
  /** Cancels future disturbances. */
  calm(): Promise<void>
  /** Ends every session without notice. */
  forgetSessions(): Promise<void>
}

/** Sends one admin call. */
type Call = <T>(method: 'GET' | 'POST', name: string, body?: object) => Promise<T>

/** The gateway over the admin API. */
export function remoteGateway(call: Call): RemoteQqGateway {
  const post = async (name: string, body: object = {}): Promise<void> => {
    await call('POST', `gateway/${name}`, body)
  }
  return {
    state: () => call('GET', 'gateway'),
    change: (settings) => post('change', settings),
    dispatch: (type, data, options) => call('POST', 'gateway/dispatch', { ...options, type, data }),
    disturb: async (spec) => {
      const { met } = await call<{ met: number }>('POST', 'gateway/disturb', {
        ...spec,
        times: String(spec.times ?? 1),
      })
      return met
    },
    calm: () => post('calm'),
    forgetSessions: () => post('forget'),
  }
}
