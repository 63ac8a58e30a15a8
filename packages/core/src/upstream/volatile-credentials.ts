import { isLingpaiError, UnavailableError } from '../errors.js'
import { hintIn } from '../provider/classify.js'
import type { ResolvedSpec, Secret } from '../provider.js'
import { withDeadline } from '../time/with-deadline.js'
import { fetchSecret, lateSecret } from './fetch-secret.js'
import type { UpstreamOptions } from './upstream-options.js'

/**
 * The values of the volatile credentials for one request.
 *
 * @throws UnavailableError naming the field: a ticket that the platform has not pushed yet comes without anybody's doing
 */
export async function volatileCredentials<C>(
  spec: ResolvedSpec<C>,
  volatile: Readonly<Record<string, Secret>>,
  { clock, language }: Pick<UpstreamOptions, 'clock' | 'language'>,
  timeoutMs: number,
): Promise<Readonly<Record<string, string>>> {
  const fields = spec.volatile ?? []
  if (fields.length === 0) return {}
  const valueOf = (field: string): Promise<string> => presentValue(spec, field, volatile[field], language)
  const values = Promise.all(fields.map(async (field) => [field, await valueOf(field)]))
  return Object.fromEntries(
    (await withDeadline(clock, timeoutMs, values, () => lateSecret(spec.id, timeoutMs))) as [string, string][],
  )
}

async function presentValue<C>(
  spec: ResolvedSpec<C>,
  field: string,
  value: Secret | undefined,
  language: 'en' | 'zh',
): Promise<string> {
  try {
    return await fetchSecret(spec, field, value)
  } catch (error) {
    if (!isLingpaiError(error) || error.code !== 'ERR_LINGPAI_CONFIG') throw error
    const hint = spec.hints?.[field]
    throw new UnavailableError(
      `${spec.id}: there is no ${field} now`,
      { provider: spec.id, problem: 'secret', field },
      hint === undefined ? {} : { hint: hintIn(hint, language) },
    )
  }
}
