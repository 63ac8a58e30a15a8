import type { Clock } from '../clock.js'

/** What requests to a platform need. */
export interface UpstreamOptions {
  readonly fetch: typeof globalThis.fetch
  readonly clock: Clock
  readonly random: () => number
  readonly language: 'en' | 'zh'
}
