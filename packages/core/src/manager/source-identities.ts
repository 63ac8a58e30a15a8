import { fingerprintOf, type Account } from '../account.js'
import type { ResolvedSpec, Secret } from '../provider.js'

/** The part of a provider that distinguishes it: its whole description, and its parent's. */
interface DescribedSpec {
  readonly parent?: { readonly spec: DescribedSpec }
}

/** Tells the sources of a manager apart: by the provider's description, the account, its secrets and the options. */
export class SourceIdentities {
  readonly #functionNumbers = new WeakMap<object, number>()
  readonly #descriptions = new WeakMap<object, string>()
  #functionCount = 0

  /** The identity of a source, as text without a secret. */
  of<C>(
    spec: ResolvedSpec<C>,
    account: Account,
    secrets: Readonly<Record<string, Secret>>,
    { readonly = false }: { readonly readonly?: boolean },
  ): string {
    const marks = Object.values(secrets).map((secret) =>
      typeof secret === 'string' ? fingerprintOf(account, { secret }) : this.#numberOf(secret),
    )
    return JSON.stringify([this.#description(spec), account, marks, readonly])
  }

  /** A description as text, so that two equal `extend` calls give the same provider. */
  #description(spec: DescribedSpec): string {
    const known = this.#descriptions.get(spec)
    if (known !== undefined) return known
    const text = JSON.stringify(spec, (_, value: unknown) => {
      if (spec.parent !== undefined && value === spec.parent) return this.#description(spec.parent.spec)
      if (typeof value === 'function') return this.#numberOf(value)
      return Object.prototype.toString.call(value) === '[object RegExp]' ? String(value) : value
    })
    this.#descriptions.set(spec, text)
    return text
  }

  /** Two functions count as two secrets: what they return is unknown before they are called. */
  #numberOf(fn: object): string {
    const number = this.#functionNumbers.get(fn) ?? (this.#functionCount += 1)
    this.#functionNumbers.set(fn, number)
    return `function ${number}`
  }
}
