import type { Readable } from 'node:stream'
import { readBeginning } from './read-beginning.js'

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
  const read = await readBeginning(source, {
    keeps: (bytes, size) => isShort && size <= largestBytes && place.take(bytes),
    onClose: (request, free) => void free.then(() => request.resume()),
  })
  return read.kind === 'whole' ? { kind: 'kept', bytes: read.bytes } : { kind: 'streamed', stream: read.stream, length }
}
