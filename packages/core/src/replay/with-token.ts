import type { ClassifierSpec } from '../provider/classify.js'
import type { GetTokenOptions, TokenSource } from '../token-source.js'
import { tokenErrorIn } from './find-token-error.js'
import { replay } from './replay.js'

/** Implements {@link TokenSource.withToken} for any source. */
export async function withToken<T>(
  source: Pick<TokenSource, 'getAccessToken' | 'reportRejected'>,
  spec: ClassifierSpec,
  fn: (token: string) => T | Promise<T>,
  options?: GetTokenOptions,
): Promise<T> {
  const call = {
    send: (token: string) => settle(fn, token),
    tokenErrorIn: (settled: Settled<T>) => tokenErrorIn(spec, settled.ok ? settled.value : settled.error),
  }
  const settled = await replay(source, call, options)
  if (settled.ok) return settled.value
  throw settled.error
}

type Settled<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown }

async function settle<T>(fn: (token: string) => T | Promise<T>, token: string): Promise<Settled<T>> {
  try {
    return { ok: true, value: await fn(token) }
  } catch (error) {
    return { ok: false, error }
  }
}
