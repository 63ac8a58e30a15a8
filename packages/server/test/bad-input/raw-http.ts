import { connect, type Socket } from 'node:net'

/** What came back over a socket, as it came. */
export interface RawReply {
  /** 0 when the connection ended without an answer. */
  readonly status: number
  readonly text: string
  /** The JSON body, or an empty object. */
  readonly body: Readonly<Record<string, unknown>>
  /** Whether the server ended the connection. */
  readonly isClosed: boolean
}

/** A connection that sends whatever it is told, unlike any HTTP client. */
export interface RawConnection {
  readonly socket: Socket
  send(text: string | Buffer): void
  /** What came by the time the first answer is complete, or the server hung up. */
  reply(): Promise<RawReply>
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
  // A server that has said its last word may reset what is still being sent.
  socket.on('error', () => undefined)
  socket.on('close', () => {
    isClosed = true
    wake()
  })
  return {
    socket,
    send: (sent) => void socket.write(sent),
    reply: async () => {
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

/** Sends one text and reads the answer. */
export async function sendRaw(url: string, text: string | Buffer): Promise<RawReply> {
  const connection = rawConnection(url)
  connection.send(text)
  return connection.reply()
}

/** A request as text. */
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
