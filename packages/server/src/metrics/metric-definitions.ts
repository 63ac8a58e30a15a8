import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** Labels of every metric of an account. */
const accountLabels = ['provider', 'account'] as const

/** All metrics of a server. A name here is a promise: dashboards and alert rules are made of them. */
export interface Metrics {
  readonly refreshes: Counter<'provider' | 'account' | 'reason' | 'outcome'>
  readonly refreshSeconds: Histogram<'provider' | 'account'>
  readonly ticketRefreshes: Counter<'provider' | 'account' | 'ticket' | 'reason' | 'outcome'>
  readonly adoptions: Counter<'provider' | 'account'>
  readonly rejections: Counter<'provider' | 'account' | 'code'>
  readonly servedStale: Counter<'provider' | 'account'>
  readonly foreignRefreshes: Counter<'provider' | 'account'>
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

/** From an answer next door to one that nobody would wait for. */
const upstreamBuckets = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Makes the metrics in a registry of their own, so that two servers in one process do not count together. */
export function defineMetrics(registry: Registry): Metrics {
  return { ...countersOf([registry]), ...gaugesOf([registry]) }
}

function countersOf(registers: Registry[]) {
  const counter = <T extends string>(name: string, help: string, labelNames: readonly T[]): Counter<T> =>
    new Counter({ name, help, labelNames, registers })
  return {
    refreshes: counter('lingpai_token_refreshes_total', 'Requests for a token: why, and what came of them.', [
      ...accountLabels,
      'reason',
      'outcome',
    ]),
    refreshSeconds: new Histogram({
      name: 'lingpai_token_refresh_duration_seconds',
      help: 'Time a request for a token took that brought a new one.',
      labelNames: accountLabels,
      buckets: upstreamBuckets,
      registers,
    }),
    ticketRefreshes: counter('lingpai_ticket_refreshes_total', 'The same for tickets derived from the token.', [
      ...accountLabels,
      'ticket',
      'reason',
      'outcome',
    ]),
    adoptions: counter(
      'lingpai_token_adoptions_total',
      'Tokens that another server on the same cache had fetched.',
      accountLabels,
    ),
    rejections: counter('lingpai_token_rejections_total', 'Tokens that an API refused while they were current.', [
      ...accountLabels,
      'code',
    ]),
    servedStale: counter(
      'lingpai_token_served_stale_total',
      'Calls that were given the old token, still alive, because it could not be renewed.',
      accountLabels,
    ),
    foreignRefreshes: counter(
      'lingpai_token_foreign_refreshes_total',
      'Times that somebody else was found to refresh the same account.',
      accountLabels,
    ),
    access: counter(
      'lingpai_access_total',
      'Requests by whether they were let in, sign-ins, and tokens shown to people.',
      ['outcome'],
    ),
    cacheFailures: counter('lingpai_cache_failures_total', 'Operations of the cache that failed.', ['operation']),
  }
}

function gaugesOf(registers: Registry[]) {
  const gauge = <T extends string>(name: string, help: string, labelNames: readonly T[] = []): Gauge<T> =>
    new Gauge({ name, help, labelNames, registers })
  return {
    expirySeconds: gauge('lingpai_token_expiry_seconds', 'Seconds that the current token has left.', accountLabels),
    usable: gauge('lingpai_account_usable', 'Whether a token can be handed out now.', accountLabels),
    failures: gauge('lingpai_account_failures', 'Refreshes that failed in a row, by the class of the last failure.', [
      ...accountLabels,
      'class',
    ]),
    coolDownSeconds: gauge(
      'lingpai_account_cooldown_seconds',
      'Seconds until upstream is asked again after a failure.',
      accountLabels,
    ),
    cacheUp: gauge('lingpai_cache_up', 'Whether the cache answers.'),
    keys: gauge('lingpai_client_keys', 'Client keys that are good.'),
    memory: gauge('process_resident_memory_bytes', 'Resident memory of the process.'),
    startTime: gauge('process_start_time_seconds', 'When the process began, Unix seconds.'),
  }
}
