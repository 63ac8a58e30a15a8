import type { EventHub } from '../events.js'

/** `process.emitWarning`, where the runtime has it. */
type Warn = (message: string, options: { readonly type: string; readonly code: string }) => void

/**
 * Emits one process warning when the cache fails and waiting cannot solve it. For managers without a logger: otherwise
 * they would silently go on from memory, and each process would refresh on its own.
 */
export function warnOfCache(hub: EventHub): void {
  const stop = hub.on('cache-failed', ({ error: { retryable, message, hint, code } }) => {
    if (retryable) return
    stop()
    const { process } = globalThis as { readonly process?: { readonly emitWarning?: Warn } }
    process?.emitWarning?.(`${message}: ${hint ?? code}. Tokens are neither stored nor shared.`, {
      type: 'LingpaiWarning',
      code,
    })
  })
}
