import { Readable } from 'node:stream'

/** The body of a call. */
export type CallBody =
  /** Kept, so that it can be sent again. */
  | { readonly kind: 'kept'; readonly bytes: Buffer }
  /** Sent once, while it arrives. */
  | { readonly kind: 'streamed'; readonly stream: Readable; readonly length: number | undefined }

/** The memory for the bodies of all calls. */
export interface BodyRoom {
  /** Returns the part of one call. */
  enter(): BodyPlace
}

/** What one call has of the memory. */
export interface BodyPlace {
  /** Takes some. @returns false, and takes nothing, if there is not enough */
  take(bytes: number): boolean
  /** Gives back all that was taken. */
  leave(): void
}

/** Each part of a body takes more memory than its bytes. */
const partBytes = 256

/** Limits the bytes of all bodies that are kept at the same time. */
export function bodyRoom(mostBytes: number): BodyRoom {
  let left = mostBytes
  return {
    enter: () => {
      let taken = 0
      return {
        take: (bytes) => {
          const needed = bytes + partBytes
          if (needed > left) return false
          left -= needed
          taken += needed
          return true
        },
        leave: () => {
          left += taken
          taken = 0
        },
      }
    },
  }
}

/**
 * Reads a body up to `largestBytes`. A larger one is passed on as a stream, and so is one for which there is no room. The end of that
 * stream does not end the connection of the client, who still waits for a response.
 *
 * @param length the declared length, if there is one
 */
export async function readBody(
  source: Readable,
  length: number | undefined,
  { largestBytes, place }: { readonly largestBytes: number; readonly place: BodyPlace },
): Promise<CallBody> {
  const isShort = length === undefined || length <= largestBytes
  const parts: Buffer[] = []
  let size = 0
  const iterator = source.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]()
  for (let part = await iterator.next(); part.done !== true; part = await iterator.next()) {
    const bytes = part.value as Buffer
    parts.push(bytes)
    size += bytes.length
    if (!isShort || size > largestBytes || !place.take(bytes.length))
      return { kind: 'streamed', stream: joined(parts, iterator, source), length }
  }
  const [only] = parts
  return { kind: 'kept', bytes: only !== undefined && parts.length === 1 ? only : Buffer.concat(parts) }
}

/** A stream of what was read and what is still to come. */
function joined(parts: Buffer[], rest: AsyncIterator<unknown>, source: Readable): Readable {
  async function* all(): AsyncGenerator {
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) yield part
    for (let part = await rest.next(); part.done !== true; part = await rest.next()) yield part.value
  }
  const stream = Readable.from(all(), { objectMode: false })
  // Its source may fail before the first read.
  stream.on('error', () => undefined)
  stream.once('close', () => {
    const free = rest.return?.().catch(() => undefined) ?? Promise.resolve()
    // The iterator listens for data, so the source cannot be read before it has returned.
    void free.then(() => source.resume())
  })
  return stream
}
