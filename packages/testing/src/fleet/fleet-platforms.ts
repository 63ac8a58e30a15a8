import { defineProvider, type Provider, type RenewalSpec } from '@lingpai/core'
import type { BookRules } from '../simulator/token-book.js'

/** The renewal modes, each as its own platform. */
export type FleetMode =
  'sticky-60' | 'sticky-300' | 'sticky-0' | 'sticky-1800' | 'rotate' | 'rotate-0' | 'extend' | 'independent'

/** Those that a seed draws from. A longer list would change what each seed is; the others are chosen by name. */
export const drawnModes = [
  'sticky-60',
  'sticky-300',
  'sticky-0',
  'rotate',
  'extend',
  'independent',
] as const satisfies readonly FleetMode[]

/** Credentials at every platform of the fleet. */
export interface FleetCredentials {
  readonly corp: string
  readonly app: string
  readonly secret: string
}

/** Codes of the token endpoint and of the API. */
export const fleetCodes = {
  badSecret: 40001,
  rateLimited: 45011,
  busy: -1,
  expired: 42001,
  invalid: 40014,
} as const

interface Platform {
  readonly renewal: RenewalSpec
  readonly rules: Omit<BookRules, 'lifeSeconds'>
  readonly hasProbe: boolean
  /** Whether another program can end the tokens before its own, as by a reset in the platform's console. */
  readonly hasReset: boolean
}

// The figures are those of QQ bots, WeChat stable_token, WeCom, Feishu, WeChat cgi-bin/token, DingTalk's store apps and own apps, and OAuth 2.
const platforms: Readonly<Record<FleetMode, Platform>> = {
  'sticky-60': {
    renewal: {
      mode: 'sticky',
      windowSeconds: 60,
      overlapSeconds: 60,
      attemptsAtSeconds: [50, 40, 20, 10],
      jitterSeconds: 10,
      marginSeconds: 5,
      minIntervalSeconds: 2,
    },
    rules: { mode: 'sticky', windowSeconds: 60, overlapSeconds: 60 },
    hasProbe: true,
    hasReset: true,
  },
  'sticky-300': {
    renewal: {
      mode: 'sticky',
      windowSeconds: 300,
      overlapSeconds: 300,
      attemptsAtSeconds: [290, 200, 100, 40],
      jitterSeconds: 60,
      marginSeconds: 10,
      minIntervalSeconds: 10,
    },
    rules: { mode: 'sticky', windowSeconds: 300, overlapSeconds: 300 },
    hasProbe: true,
    hasReset: true,
  },
  'sticky-0': {
    renewal: {
      mode: 'sticky',
      windowSeconds: 0,
      attemptsAtSeconds: [300, 20],
      jitterSeconds: 30,
      marginSeconds: 10,
      minIntervalSeconds: 30,
    },
    rules: { mode: 'sticky', windowSeconds: 0, overlapSeconds: 0 },
    hasProbe: false,
    hasReset: true,
  },
  'sticky-1800': {
    renewal: { mode: 'sticky', windowSeconds: 1800, overlapSeconds: 1800, attemptsAtSeconds: [1500, 900, 300, 60] },
    rules: { mode: 'sticky', windowSeconds: 1800, overlapSeconds: 1800 },
    hasProbe: true,
    hasReset: true,
  },
  rotate: {
    renewal: {
      mode: 'rotate',
      overlapSeconds: 300,
      attemptsAtSeconds: [600],
      jitterSeconds: 120,
      marginSeconds: 10,
      memorySeconds: 60,
    },
    rules: { mode: 'rotate', windowSeconds: 0, overlapSeconds: 300 },
    hasProbe: true,
    hasReset: true,
  },
  'rotate-0': {
    renewal: { mode: 'rotate', overlapSeconds: 0, attemptsAtSeconds: [600, 60], memorySeconds: 60 },
    rules: { mode: 'rotate', windowSeconds: 0, overlapSeconds: 0 },
    hasProbe: false,
    hasReset: true,
  },
  extend: {
    renewal: { mode: 'extend', attemptsAtSeconds: [600] },
    rules: { mode: 'extend', windowSeconds: 0, overlapSeconds: 0 },
    hasProbe: false,
    hasReset: true,
  },
  independent: {
    renewal: { mode: 'independent', attemptsAtSeconds: [60] },
    rules: { mode: 'independent', windowSeconds: 0, overlapSeconds: 0 },
    hasProbe: false,
    hasReset: false,
  },
}

/** Returns the rules of a mode's platform for tokens of a life. */
export function rulesOf(mode: FleetMode, lifeSeconds: number): BookRules {
  return { ...platforms[mode].rules, lifeSeconds }
}

/** Whether another program can end the tokens of a mode's platform before its own. */
export function hasReset(mode: FleetMode): boolean {
  return platforms[mode].hasReset
}

function providerFor(mode: FleetMode): Provider<FleetCredentials> {
  const { renewal, hasProbe } = platforms[mode]
  return defineProvider<FleetCredentials>({
    id: `fleet-${mode}`,
    source: { url: 'https://example.com/', readOn: '2026-11-20' },
    account: ['corp', 'app'],
    secrets: ['secret'],
    baseUrl: `https://${mode}.example.com`,
    renewal,
    response: { token: 'access_token', expiresIn: 'expires_in', code: ['errcode'], message: 'errmsg' },
    placement: { in: 'query', name: 'access_token' },
    errors: {
      token: {
        'credential-invalid': [fleetCodes.badSecret],
        'rate-limited': [fleetCodes.rateLimited],
        transient: [fleetCodes.busy],
      },
      api: { 'token-expired': [fleetCodes.expired], 'token-invalid': [fleetCodes.invalid] },
    },
    ...(hasProbe && { probe: { method: 'GET', url: '/probe' } as const }),
    request: ({ corp, app, secret }) => ({ method: 'POST', url: '/token', json: { corp, app, secret } }),
  })
}

const providers = new Map<FleetMode, Provider<FleetCredentials>>()

/** Returns the provider of a mode; created once, because its data is the same in every run. */
export function fleetProvider(mode: FleetMode): Provider<FleetCredentials> {
  const provider = providers.get(mode) ?? providerFor(mode)
  providers.set(mode, provider)
  return provider
}
