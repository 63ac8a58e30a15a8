import { Readable } from 'node:stream'

/** The beginning of a stream: all of it if it is short, otherwise what was read together with what is still to come. */
export type Beginning =
  { readonly kind: 'whole'; readonly bytes: Buffer } | { readonly kind: 'stream'; readonly stream: Readable }

/** Reads a stream to its end if that is at most `largestBytes` away. */
export async function readBeginning(source: Readable, largestBytes: number): Promise<Beginning> {
  const parts: Buffer[] = []
  let size = 0
  const iterator = source.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]()
  for (let part = await iterator.next(); part.done !== true; part = await iterator.next()) {
    const bytes = part.value as Buffer
    parts.push(bytes)
    size += bytes.length
    if (size > largestBytes) return { kind: 'stream', stream: joined(parts, iterator, source) }
  }
  const [only] = parts
  return { kind: 'whole', bytes: only !== undefined && parts.length === 1 ? only : Buffer.concat(parts) }
}

/** A stream of what was read and what is still to come. Destroying it destroys its source. */
function joined(parts: readonly Buffer[], rest: AsyncIterator<unknown>, source: Readable): Readable {
  async function* all(): AsyncGenerator {
    yield* parts
    for (let part = await rest.next(); part.done !== true; part = await rest.next()) yield part.value
  }
  const stream = Readable.from(all(), { objectMode: false })
  stream.once('close', () => source.destroy())
  return stream
}
