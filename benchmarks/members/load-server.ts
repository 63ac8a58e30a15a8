import { connect } from 'node:net'
import { quantile } from '../harness/statistics.js'

const connections = 32

/** What a round of load asks for. */
export interface LoadOrder {
  readonly port: number
  readonly path: string
  /** Sent in the header. */
  readonly key?: string
  readonly requests: number
}

/**
 * Sends requests over kept connections, one at a time on each, and reads each response to its end.
 *
 * @returns the time in which 99 % of the responses came, milliseconds
 */
export async function loadServer({ port, path, key, requests }: LoadOrder): Promise<number> {
  const authorization = key === undefined ? '' : `authorization: Bearer ${key}\r\n`
  const request = `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${authorization}\r\n`
  const times = new Float64Array(requests)
  let left = requests
  let answered = 0
  const drive = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      let missing = 0
      let sentAtMs = 0
      const next = (): void => {
        left -= 1
        if (left < 0) {
          socket.destroy()
          resolve()
          return
        }
        sentAtMs = performance.now()
        socket.write(request)
      }
      socket.on('data', (part) => {
        if (missing === 0) missing = lengthOf(part.toString('latin1'))
        missing -= part.length
        if (missing > 0) return
        times[answered] = performance.now() - sentAtMs
        answered += 1
        next()
      })
      socket.once('error', reject).once('connect', next)
    })
  // A generator that sleeps is woken by the server's write, which the server pays for: the more, the longer it sleeps.
  const stayAwake = (): void => {
    if (answered < requests) setImmediate(stayAwake)
  }
  stayAwake()
  await Promise.all(Array.from({ length: connections }, drive))
  return quantile([...times], 0.99)
}

/** The length of a response with its head. */
function lengthOf(start: string): number {
  const head = /^HTTP\/1\.1 200 [^]*?content-length: (\d+)\r\n[^]*?\r\n\r\n/i.exec(start)
  if (head === null) throw new RangeError(`the server sent ${start.slice(0, 30)}`)
  return head[0].length + Number(head[1])
}
