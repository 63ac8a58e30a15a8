import { Readable } from 'node:stream'

/** The beginning of a stream: all of it if it is short, otherwise what was read together with what is still to come. */
export type Beginning =
  { readonly kind: 'whole'; readonly bytes: Buffer } | { readonly kind: 'stream'; readonly stream: Readable }

/** How far a stream is read, and what happens to it. */
export interface BeginningOptions {
  /** Whether to read on after these bytes, which make `size` together. */
  readonly keeps: (bytes: number, size: number) => boolean
  /** Called when the stream that stands for the source is closed, whether it has ended or not. @param free resolves once others can read it */
  readonly onClose: (source: Readable, free: Promise<unknown>) => void
}

/** Reads a stream to its end, or as far as it is kept. */
export async function readBeginning(source: Readable, { keeps, onClose }: BeginningOptions): Promise<Beginning> {
  const parts: Buffer[] = []
  let size = 0
  const iterator = source.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]()
  for (let part = await iterator.next(); part.done !== true; part = await iterator.next()) {
    const bytes = part.value as Buffer
    parts.push(bytes)
    size += bytes.length
    if (!keeps(bytes.length, size)) return { kind: 'stream', stream: joined(parts, iterator, source, onClose) }
  }
  const [only] = parts
  return { kind: 'whole', bytes: only !== undefined && parts.length === 1 ? only : Buffer.concat(parts) }
}

/** A stream of what was read and what is still to come. */
function joined(
  parts: Buffer[],
  rest: AsyncIterator<unknown>,
  source: Readable,
  onClose: BeginningOptions['onClose'],
): Readable {
  async function* all(): AsyncGenerator {
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) yield part
    for (let part = await rest.next(); part.done !== true; part = await rest.next()) yield part.value
  }
  const stream = Readable.from(all(), { objectMode: false })
  // Its source may fail before the first read.
  stream.on('error', () => undefined)
  stream.once('close', () => {
    // The iterator listens for data, so the source cannot be read before it has returned.
    onClose(source, rest.return?.().catch(() => undefined) ?? Promise.resolve())
  })
  return stream
}
