import { classOf, isTokenError } from './classify.js'
import type { ResolvedSpec } from '../provider.js'

/** Problems that keep a derived provider from working with its parent. */
export function* parentProblems<C>(spec: ResolvedSpec<C>): Generator<readonly [field: string, text: string]> {
  const parent = spec.parent?.spec
  if (parent === undefined) {
    if (spec.parentPlacement !== undefined) yield ['parentPlacement', 'parentPlacement is for a provider with a parent']
    if (spec.placement.in === 'nowhere') yield ['placement', 'placement "nowhere" is for tickets, so it needs a parent']
    return
  }
  // The same kind would give both tokens one cache key.
  if (parent.id === spec.id && parent.kind === spec.kind) yield ['kind', 'kind must differ from that of the parent']
  for (const fields of ['account', 'secrets'] as const) {
    const foreign = parent[fields].filter((field) => !spec[fields].includes(field))
    if (foreign.length > 0) yield ['parent', `parent has other ${fields}: ${foreign.join(', ')}`]
  }
  if (parent.placement.in === 'nowhere')
    yield ['parent', 'parent must not have a token that no call carries: the token request carries it']
  for (const code of [...(spec.errors.token['token-invalid'] ?? []), ...(spec.errors.token['token-expired'] ?? [])]) {
    if (!isTokenError({ errorClass: classOf(parent.errors.api, code) }))
      yield ['errors.token', `code ${code} is a token error in errors.token, but not in errors.api of the parent`]
  }
}
