import type { Socket } from 'node:net'
import { survives, type GatewayEffect } from './gateway-effect.js'

/** The gateway's side of a WebSocket connection. Nothing is sent once it is frozen or closed. */
export interface GatewayLine {
  readonly isFrozen: boolean
  /** Number of heartbeats to leave without an ack. */
  missedAcks: number
  send(payload: object): void
  sendRaw(data: string | Buffer): void
  close(code: number, reason?: string): void
  /** Stops reading and writing. */
  freeze(): void
  /** Ends the TCP connection, without a close frame. */
  drop(how: 'reset' | 'end'): void
}

/** The members of a `ws` socket in use; the types of `ws` are not installed with this package. */
export interface LineSocket {
  readonly readyState: number
  readonly OPEN: number
  send(data: string | Buffer): void
  close(code: number, reason?: string): void
  pause(): void
}

/** The line over a socket of `ws`. */
export function gatewayLine(webSocket: LineSocket, socket: Socket): GatewayLine {
  let isFrozen = false
  let isClosed = false
  const canSend = (): boolean => !isFrozen && !isClosed && webSocket.readyState === webSocket.OPEN
  return {
    missedAcks: 0,
    get isFrozen() {
      return isFrozen
    },
    send: (payload) => {
      if (canSend()) webSocket.send(JSON.stringify(payload))
    },
    sendRaw: (data) => {
      if (canSend()) webSocket.send(data)
    },
    close: (code, reason) => {
      if (!canSend()) return
      isClosed = true
      webSocket.close(code, reason)
    },
    freeze: () => {
      isFrozen = true
      webSocket.pause()
    },
    drop: (how) => {
      isClosed = true
      if (how === 'reset') socket.resetAndDestroy()
      else socket.end(() => socket.destroy())
    },
  }
}

/** The target of an effect. */
export interface EffectTarget {
  readonly line: GatewayLine
  /** Ends the session permanently. */
  readonly endSession: () => void
  /** Closes the connection from the gateway's side. */
  readonly close: (code: number, reason: string) => void
}

/** Applies an effect to a connection. */
export function applyEffect({ line, endSession, close }: EffectTarget, effect: GatewayEffect): void {
  if (effect.raw !== undefined) line.sendRaw(effect.raw)
  if (effect.binary !== undefined) line.sendRaw(Buffer.alloc(effect.binary))
  if (effect.reconnect === true) line.send({ op: 7 })
  if (effect.invalidSession === 'final') endSession()
  if (effect.invalidSession !== undefined) line.send({ op: 9, d: effect.invalidSession === 'resumable' })
  if (effect.missAcks !== undefined) line.missedAcks += effect.missAcks
  if (effect.freeze === true) line.freeze()
  if (effect.close !== undefined) {
    if (!survives(effect.close)) endSession()
    close(effect.close, 'as requested')
  }
  if (effect.drop !== undefined) line.drop(effect.drop)
}
