import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** Labels of all metrics of an account. */
const accountLabels = ['provider', 'account'] as const

/** All metrics of a server. Names are public: dashboards and alert rules use them. */
export interface Metrics {
  readonly refreshes: Counter<'provider' | 'account' | 'reason' | 'outcome'>
  readonly refreshSeconds: Histogram<'provider' | 'account'>
  readonly ticketRefreshes: Counter<'provider' | 'account' | 'ticket' | 'reason' | 'outcome'>
  readonly adoptions: Counter<'provider' | 'account'>
  readonly rejections: Counter<'provider' | 'account' | 'code'>
  readonly servedStale: Counter<'provider' | 'account'>
  readonly foreignRefreshes: Counter<'provider' | 'account'>
  readonly forwardedCalls: Counter<'provider' | 'account' | 'key' | 'outcome'>
  readonly forwardSeconds: Histogram<'provider' | 'account'>
  readonly cacheFailures: Counter<'operation'>
  readonly access: Counter<'outcome'>
  readonly expirySeconds: Gauge<'provider' | 'account'>
  readonly usable: Gauge<'provider' | 'account'>
  readonly failures: Gauge<'provider' | 'account' | 'class'>
  readonly coolDownSeconds: Gauge<'provider' | 'account'>
  readonly cacheUp: Gauge
  readonly keys: Gauge
  readonly memory: Gauge
  readonly startTime: Gauge
}

/** From a response of a nearby host to one that is unusably slow. */
const upstreamBuckets = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Creates the metrics in their own registry, so that two servers in one process count separately. */
export function defineMetrics(registry: Registry): Metrics {
  return { ...countersOf([registry]), ...gaugesOf([registry]) }
}

function countersOf(registers: Registry[]) {
  const counter = <T extends string>(name: string, help: string, labelNames: readonly T[]): Counter<T> =>
    new Counter({ name, help, labelNames, registers })
  return {
    refreshes: counter('lingpai_token_refreshes_total', 'Requests for a token, by reason and outcome.', [
      ...accountLabels,
      'reason',
      'outcome',
    ]),
    refreshSeconds: new Histogram({
      name: 'lingpai_token_refresh_duration_seconds',
      help: 'Duration of requests that brought a new token.',
      labelNames: accountLabels,
      buckets: upstreamBuckets,
      registers,
    }),
    ticketRefreshes: counter(
      'lingpai_ticket_refreshes_total',
      'Requests for a ticket derived from the token, by reason and outcome.',
      [...accountLabels, 'ticket', 'reason', 'outcome'],
    ),
    adoptions: counter(
      'lingpai_token_adoptions_total',
      'Tokens that another server on the same cache has fetched.',
      accountLabels,
    ),
    rejections: counter('lingpai_token_rejections_total', 'Tokens that an API rejected while they were current.', [
      ...accountLabels,
      'code',
    ]),
    servedStale: counter(
      'lingpai_token_served_stale_total',
      'Calls that received the old, still usable token because a refresh failed.',
      accountLabels,
    ),
    foreignRefreshes: counter(
      'lingpai_token_foreign_refreshes_total',
      'Detections of another program that refreshes the same account.',
      accountLabels,
    ),
    forwardedCalls: counter(
      'lingpai_forwarded_calls_total',
      'API calls that were sent on, by client key and outcome: ok, healed, token-rejected or failed.',
      [...accountLabels, 'key', 'outcome'],
    ),
    forwardSeconds: new Histogram({
      name: 'lingpai_forwarded_call_duration_seconds',
      help: 'Time from a forwarded call to the head of its response.',
      labelNames: accountLabels,
      buckets: upstreamBuckets,
      registers,
    }),
    access: counter(
      'lingpai_access_total',
      'Authenticated and rejected requests, sign-ins, and tokens shown on the status page.',
      ['outcome'],
    ),
    cacheFailures: counter('lingpai_cache_failures_total', 'Failed cache operations.', ['operation']),
  }
}

function gaugesOf(registers: Registry[]) {
  const gauge = <T extends string>(name: string, help: string, labelNames: readonly T[] = []): Gauge<T> =>
    new Gauge({ name, help, labelNames, registers })
  return {
    expirySeconds: gauge(
      'lingpai_token_expiry_seconds',
      'Remaining lifetime of the current token in seconds.',
      accountLabels,
    ),
    usable: gauge('lingpai_account_usable', 'Whether the account has a usable token.', accountLabels),
    failures: gauge('lingpai_account_failures', 'Consecutive failed refreshes, by the class of the last failure.', [
      ...accountLabels,
      'class',
    ]),
    coolDownSeconds: gauge(
      'lingpai_account_cooldown_seconds',
      'Seconds until the next attempt after a failure.',
      accountLabels,
    ),
    cacheUp: gauge('lingpai_cache_up', 'Whether the cache responds.'),
    keys: gauge('lingpai_client_keys', 'Valid client keys.'),
    memory: gauge('process_resident_memory_bytes', 'Resident memory of the process.'),
    startTime: gauge('process_start_time_seconds', 'Start time of the process in Unix seconds.'),
  }
}
