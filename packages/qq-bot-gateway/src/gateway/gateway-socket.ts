import { WebSocket } from 'ws'

/** As much of a WebSocket as a gateway needs; one of `ws` fits. */
export interface GatewaySocket {
  /** The handshake is done. */
  on(event: 'open', listener: () => void): unknown
  /** A whole message; text as well as bytes comes as a Buffer. */
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): unknown
  /** The connection is gone, whoever ended it; told once, and last. */
  on(event: 'close', listener: (code: number, reason: Buffer) => void): unknown
  /** It failed; `close` follows. */
  on(event: 'error', listener: (error: unknown) => void): unknown
  /** Sends a text; does nothing once it is closing. */
  send(data: string): void
  /** Closes in good order; `close` follows when the other side has answered. */
  close(code: number): void
  /** Cuts the connection; `close` is told as well. */
  terminate(): void
}

/** How a socket is opened. */
export interface GatewaySocketOptions {
  /** A longer message closes the connection. */
  readonly maxPayload: number
  /** Compression costs more than these messages are worth, and lets a small frame become a large one. */
  readonly perMessageDeflate: false
}

/** A WebSocket class; that of `ws` fits. */
export type GatewaySocketClass = new (url: string, options: GatewaySocketOptions) => GatewaySocket

/** The class of `ws`. Its messages are Buffers as long as nobody sets another `binaryType`. */
export const defaultSocketClass: GatewaySocketClass = WebSocket
