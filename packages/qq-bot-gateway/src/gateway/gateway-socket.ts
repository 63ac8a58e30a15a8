import { WebSocket } from 'ws'

/** As much of a WebSocket as a gateway needs; one of `ws` fits. */
export interface GatewaySocket {
  on(event: 'open', listener: () => void): unknown
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): unknown
  on(event: 'close', listener: (code: number, reason: Buffer) => void): unknown
  on(event: 'error', listener: (error: unknown) => void): unknown
  send(data: string): void
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
