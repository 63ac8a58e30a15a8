import type { Readable } from 'node:stream'
import { readBeginning } from './read-beginning.js'

/** The body of a call. */
export type CallBody =
  /** Kept, so that it can be sent again. */
  | { readonly kind: 'kept'; readonly bytes: Buffer }
  /** Sent once, while it arrives. */
  | { readonly kind: 'streamed'; readonly stream: Readable; readonly length: number | undefined }

/** Reads a body up to `largestBytes`. A larger one is passed on as a stream. @param length the declared length, if there is one */
export async function readBody(stream: Readable, length: number | undefined, largestBytes: number): Promise<CallBody> {
  if (length !== undefined && length > largestBytes) return { kind: 'streamed', stream, length }
  const read = await readBeginning(stream, largestBytes)
  return read.kind === 'whole' ? { kind: 'kept', bytes: read.bytes } : { kind: 'streamed', stream: read.stream, length }
}
