import type { IncomingMessage } from 'node:http'

const largestBody = 64 * 1024

/** The body of a request as text; `undefined` when it is longer than 64 KiB or broke off. */
export function readBody(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > largestBody) {
        resolve(undefined)
        request.pause()
      } else chunks.push(chunk)
    })
    request.on('end', () => {
      resolve(Buffer.concat(chunks).toString('utf8'))
    })
    request.on('close', () => {
      resolve(undefined)
    })
  })
}
