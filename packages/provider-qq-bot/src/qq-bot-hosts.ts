import type { ProviderOverrides } from '@lingpai/core'

/**
 * Alternative hosts of the platform, for `qqBot.extend(qqBotHosts.legacy)`; chain two `extend` calls to combine them.
 *
 * @see https://github.com/tencent-connect/bot-docs docs/README.md §8.5 (2025-04-21, read 2026-11-20)
 */
export const qqBotHosts = {
  /** The hosts from before August 2026; they still responded in September 2026. */
  legacy: { baseUrl: 'https://bots.qq.com', apiBaseUrl: 'https://api.sgroup.qq.com' },
  /** The sandbox API; its tokens come from the same endpoint as those of production. */
  sandbox: { apiBaseUrl: 'https://sandbox.api.sgroup.qq.com' },
} as const satisfies Record<string, ProviderOverrides>
