import type { ClassifierSpec } from '../provider/classify.js'
import { tokenErrorIn } from './find-token-error.js'
import type { GetTokenOptions, TokenSource } from '../token-source.js'

/** {@link TokenSource.withToken} over any source. */
export async function withToken<T>(
  source: Pick<TokenSource, 'getAccessToken' | 'reportRejected'>,
  spec: ClassifierSpec,
  fn: (token: string) => T | Promise<T>,
  options?: GetTokenOptions,
): Promise<T> {
  const token = await source.getAccessToken(options)
  const first = await settle(fn, token)
  const refusal = await tokenErrorIn(spec, first.ok ? first.value : first.error)
  if (refusal === undefined) return outcomeOf(first)
  const other = await source.reportRejected(token, refusal.code, options?.signal && { signal: options.signal })
  // The platform's own probe stands by the token: the refusal was about the call.
  if (other === token) return outcomeOf(first)
  options?.signal?.throwIfAborted()
  const second = await settle(fn, other)
  const again = await tokenErrorIn(spec, second.ok ? second.value : second.error)
  // The call is over, but what was refused here is given to nobody any more.
  if (again !== undefined) source.reportRejected(other, again.code).catch(() => undefined)
  return outcomeOf(second)
}

type Settled<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown }

function outcomeOf<T>(settled: Settled<T>): T {
  if (settled.ok) return settled.value
  throw settled.error
}

async function settle<T>(fn: (token: string) => T | Promise<T>, token: string): Promise<Settled<T>> {
  try {
    return { ok: true, value: await fn(token) }
  } catch (error) {
    return { ok: false, error }
  }
}
