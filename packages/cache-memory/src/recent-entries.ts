interface Entry {
  readonly key: string
  value: string
  expiresAtMs: number
  older: Entry | undefined
  newer: Entry | undefined
}

/**
 * A map with a maximum size, whose entries stand in the order of their last use: each knows its neighbours, so that every call
 * takes the same time at any size. A `Map` alone keeps an order too, but finds its first entry only behind the gaps of all that
 * were removed before it.
 */
export class RecentEntries {
  readonly #entries = new Map<string, Entry>()
  readonly #maxSize: number
  #oldest: Entry | undefined
  #newest: Entry | undefined

  constructor(maxSize: number) {
    this.#maxSize = maxSize
  }

  /** Reading an entry is a use. */
  get(key: string): Readonly<Pick<Entry, 'value' | 'expiresAtMs'>> | undefined {
    const entry = this.#entries.get(key)
    if (entry !== undefined) this.#moveToNewest(entry)
    return entry
  }

  /** Beyond the maximum size, the entry whose last use is longest ago is dropped. */
  set(key: string, value: string, expiresAtMs: number): void {
    const known = this.#entries.get(key)
    if (known !== undefined) {
      known.value = value
      known.expiresAtMs = expiresAtMs
      this.#moveToNewest(known)
      return
    }
    if (this.#entries.size >= this.#maxSize && this.#oldest !== undefined) this.delete(this.#oldest.key)
    const entry: Entry = { key, value, expiresAtMs, older: undefined, newer: undefined }
    this.#entries.set(key, entry)
    this.#append(entry)
  }

  delete(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#detach(entry)
  }

  #moveToNewest(entry: Entry): void {
    if (entry === this.#newest) return
    this.#detach(entry)
    this.#append(entry)
  }

  #append(entry: Entry): void {
    entry.older = this.#newest
    entry.newer = undefined
    if (this.#newest === undefined) this.#oldest = entry
    else this.#newest.newer = entry
    this.#newest = entry
  }

  #detach({ older, newer }: Entry): void {
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
  }
}
