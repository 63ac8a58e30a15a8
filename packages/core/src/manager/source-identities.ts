import { fingerprintOf, type Account } from '../account.js'
import type { Secret } from '../provider.js'
import { nodeCrypto } from '../node-crypto.js'

/** The part of a provider that distinguishes it: its whole description, and its parent's. */
interface DescribedSpec {
  readonly parent?: { readonly spec: DescribedSpec }
}

/** Tells the sources of a manager apart where the key of the record does not. */
export class SourceIdentities {
  readonly #functionNumbers = new WeakMap<object, number>()
  readonly #descriptions = new WeakMap<object, string>()
  #functionCount = 0

  /** Tells accounts apart whose secrets are functions: what those return is unknown before they are called. */
  ofUnknownSecrets(account: Account, secrets: Readonly<Record<string, Secret>>): string {
    const marks = Object.values(secrets).map((secret) =>
      typeof secret === 'string' ? fingerprintOf(account, { secret }) : this.#numberOf(secret),
    )
    return JSON.stringify([account, marks])
  }

  /** The provider's description and the options of a source, as a short text that is kept once for all accounts of the provider. */
  variantOf(spec: DescribedSpec, isReadonly: boolean): string {
    const name = this.#description(spec)
    return isReadonly ? `${name} readonly` : name
  }

  /** A provider, the same one for two equal `extend` calls. Its description is long, so only its hash is kept. */
  #description(spec: DescribedSpec): string {
    const known = this.#descriptions.get(spec)
    if (known !== undefined) return known
    const text = JSON.stringify(spec, (_, value: unknown) => {
      if (spec.parent !== undefined && value === spec.parent) return this.#description(spec.parent.spec)
      if (typeof value === 'function') return this.#numberOf(value)
      return Object.prototype.toString.call(value) === '[object RegExp]' ? String(value) : value
    })
    const name = nodeCrypto().createHash('sha256').update(text).digest('base64url')
    this.#descriptions.set(spec, name)
    return name
  }

  /** Two functions count as two secrets: what they return is unknown before they are called. */
  #numberOf(fn: object): string {
    const number = this.#functionNumbers.get(fn) ?? (this.#functionCount += 1)
    this.#functionNumbers.set(fn, number)
    return `function ${number}`
  }
}
