import type { ResolvedSpec } from '../provider.js'
import type { SourceParts, SourceVariant } from '../source/source-parts.js'
import type { SourceIdentities } from './source-identities.js'

/** What sources of one provider and options share. It exists once for all of their accounts. */
export class SourceVariants {
  readonly #parts: SourceParts
  readonly #identities: SourceIdentities
  readonly #known = new WeakMap<object, readonly SourceVariant<never>[]>()

  constructor(parts: SourceParts, identities: SourceIdentities) {
    this.#parts = parts
    this.#identities = identities
  }

  of<C>(spec: ResolvedSpec<C>, isReadonly: boolean, isNested: boolean): SourceVariant<C> {
    const known = (this.#known.get(spec) ?? []) as unknown as readonly SourceVariant<C>[]
    const same = known.find((one) => one.isReadonly === isReadonly && one.isNested === isNested)
    if (same !== undefined) return same
    const name = this.#identities.variantOf(spec, isReadonly)
    const variant = { parts: this.#parts, spec, isReadonly, isNested, name }
    this.#known.set(spec, [...known, variant] as unknown as readonly SourceVariant<never>[])
    return variant
  }
}
