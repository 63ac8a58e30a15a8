import { classOf, isTokenError } from './classify.js'
import type { ResolvedSpec } from '../provider.js'

/** What keeps a derived provider from working over its parent. */
export function* parentProblems<C>(spec: ResolvedSpec<C>): Generator<readonly [field: string, text: string]> {
  const parent = spec.parent?.spec
  if (parent === undefined) {
    if (spec.placement.in === 'nowhere')
      yield ['placement', 'placement is nowhere: a token that no call carries is a ticket, and needs a parent']
    return
  }
  // One key for two kinds of tokens would mix them up.
  if (parent.id === spec.id && parent.kind === spec.kind) yield ['kind', 'kind must differ from that of the parent']
  for (const fields of ['account', 'secrets'] as const) {
    if ([...parent[fields]].sort().join() !== [...spec[fields]].sort().join())
      yield ['parent', `parent has other ${fields}: ${parent[fields].join(', ')}`]
  }
  if (parent.placement.in === 'nowhere')
    yield ['parent', 'parent has a token that no call carries, so it gets nothing else either']
  for (const code of [...(spec.errors.token['token-invalid'] ?? []), ...(spec.errors.token['token-expired'] ?? [])]) {
    if (!isTokenError({ errorClass: classOf(parent.errors.api, code) }))
      yield ['errors.token', `code ${code} is a token error in errors.token, but none in errors.api of the parent`]
  }
}
