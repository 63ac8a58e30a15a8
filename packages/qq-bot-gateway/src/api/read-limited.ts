/** Reads a body into memory. Returns `undefined` once it exceeds `mostBytes`, and never buffers more than that. */
export async function readLimited(
  { headers, body }: Pick<Request, 'headers' | 'body'>,
  mostBytes: number,
): Promise<Buffer | undefined> {
  if (Number(headers.get('content-length') ?? 0) > mostBytes) return undefined
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Leaving the loop cancels the body.
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > mostBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
