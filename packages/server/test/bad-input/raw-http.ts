import { connect, type Socket } from 'node:net'

/** A response as it arrived on the socket. */
export interface RawResponse {
  /** 0 if the connection ended without a response. */
  readonly status: number
  readonly text: string
  /** The JSON body, or an empty object. */
  readonly body: Readonly<Record<string, unknown>>
  /** Whether the server closed the connection. */
  readonly isClosed: boolean
}

/** A connection that sends any text, including invalid HTTP. */
export interface RawConnection {
  readonly socket: Socket
  send(text: string | Buffer): void
  /** Returns what has arrived when the first response is complete or the connection is closed. */
  response(): Promise<RawResponse>
}

/** Connects to a server. */
export function rawConnection(url: string): RawConnection {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let text = ''
  let isClosed = false
  let wake = (): void => undefined
  socket.on('data', (chunk) => {
    text += String(chunk)
    wake()
  })
  // A server that has sent its last response may reset the connection while the client still sends.
  socket.on('error', () => undefined)
  socket.on('close', () => {
    isClosed = true
    wake()
  })
  return {
    socket,
    send: (sent) => void socket.write(sent),
    response: async () => {
      while (!isClosed && !isWhole(text)) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      socket.destroy()
      return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text, body: bodyOf(text), isClosed }
    },
  }
}

/** Sends one text and reads the response. */
export async function sendRaw(url: string, text: string | Buffer): Promise<RawResponse> {
  const connection = rawConnection(url)
  connection.send(text)
  return connection.response()
}

/** Formats a request. */
export function requestText(
  method: string,
  target: string,
  { headers = {}, body = '' }: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string } = {},
): string {
  const length = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const lines = Object.entries({ host: 'localhost', ...length, ...headers }).map(([name, value]) => `${name}: ${value}`)
  return [`${method} ${target} HTTP/1.1`, ...lines, '', body].join('\r\n')
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return false
  const head = text.slice(0, end)
  if (/^HTTP\/1\.1 (204|304)/.test(head)) return true
  const length = /^content-length: (\d+)/im.exec(head)?.[1]
  if (length !== undefined) return Buffer.byteLength(text.slice(end + 4)) >= Number(length)
  return /^transfer-encoding: chunked/im.test(head) && text.endsWith('0\r\n\r\n')
}

function bodyOf(text: string): Readonly<Record<string, unknown>> {
  const start = text.indexOf('{')
  try {
    return start < 0 ? {} : (JSON.parse(text.slice(start, text.lastIndexOf('}') + 1)) as Record<string, unknown>)
  } catch {
    return {}
  }
}
