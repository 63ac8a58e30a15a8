import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '@lingpai/core'
import { WebSocketServer, type RawData, type WebSocket } from 'ws'
import type { FaultBook, FaultEffect } from '../faults.js'
import { serveWithoutUpgrade } from '../serve-without-upgrade.js'
import { gatewayPath } from './gateway-path.js'
import { gatewayLine } from './gateway-line.js'
import type { OpenedGateway } from './qq-gateway.js'

/** Maximum payload; those of clients are a few hundred bytes. */
const longestPayload = 64 * 1024

/** What serving needs. */
export interface GatewayService {
  readonly gateway: OpenedGateway
  readonly faults: FaultBook
  readonly clock: Clock
}

/**
 * Accepts WebSocket connections on a server. A fault of `/websocket` applies to the handshake: `latencyMs`, `hang`, `drop`, `status`.
 *
 * @returns a function that terminates every connection
 */
export function serveGateway(server: Server, { gateway, faults, clock }: GatewayService): () => void {
  const webSockets = new WebSocketServer({ noServer: true, maxPayload: longestPayload })
  const sockets = new Set<Socket>()
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
      serveWithoutUpgrade(server, request, socket, head)
      return
    }
    sockets.add(socket)
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket))
    const [path = ''] = (request.url ?? '').split('?')
    if (path.replace(/\/$/, '') !== gatewayPath) {
      socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n')
      return
    }
    const accept = (): void => {
      webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        take(gateway, webSocket, socket)
      })
    }
    const fault = faults.meet({ platform: 'qq', endpoint: 'api', path: '/websocket' })
    shake(socket, fault ?? {}, clock, accept)
  })
  return () => {
    for (const socket of sockets) socket.destroy()
  }
}

/** Performs the handshake as far as the fault allows. */
function shake(socket: Socket, fault: FaultEffect, clock: Clock, accept: () => void): void {
  const { hang, drop, status, latencyMs = 0 } = fault
  if (hang === true) return
  const go = (): void => {
    if (socket.destroyed) return
    if (drop !== undefined) socket.resetAndDestroy()
    else if (status !== undefined) socket.end(`HTTP/1.1 ${status} Simulated\r\nconnection: close\r\n\r\n`)
    else accept()
  }
  if (latencyMs > 0) clock.setTimer(go, latencyMs)
  else go()
}

function take(gateway: OpenedGateway, webSocket: WebSocket, socket: Socket): void {
  const connection = gateway.accept(gatewayLine(webSocket, socket))
  webSocket.on('message', (data: RawData) => {
    connection.receive((data as Buffer).toString('utf8'))
  })
  webSocket.on('error', () => undefined)
  webSocket.on('close', connection.end)
}
