import { WebSocket } from 'ws'

/** The part of a WebSocket that a gateway uses; one of `ws` fits. */
export interface QQBotGatewaySocket {
  /** The handshake completed. */
  on(event: 'open', listener: () => void): unknown
  /** A complete message. Text and bytes both arrive as a Buffer. */
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): unknown
  /** The connection closed, from either side. Emitted once, as the last event. */
  on(event: 'close', listener: (code: number, reason: Buffer) => void): unknown
  /** The connection failed; `close` follows. */
  on(event: 'error', listener: (error: unknown) => void): unknown
  /** Sends a text; does nothing while closing. */
  send(data: string): void
  /** Starts the closing handshake; `close` follows when the other side has completed it. */
  close(code: number): void
  /** Terminates the connection; `close` follows. */
  terminate(): void
}

/** Options of a socket. */
export interface QQBotGatewaySocketOptions {
  /** Maximum length of a message; a longer one closes the connection. */
  readonly maxPayload: number
  /** Disabled: these messages are too small to benefit, and a small compressed frame could inflate to a large one. */
  readonly perMessageDeflate: false
}

/** A WebSocket class; that of `ws` fits. */
export type QQBotGatewaySocketClass = new (url: string, options: QQBotGatewaySocketOptions) => QQBotGatewaySocket

/** The class of `ws`. Its messages are Buffers unless `binaryType` is changed. */
export const defaultSocketClass: QQBotGatewaySocketClass = WebSocket
