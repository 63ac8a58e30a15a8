import type { IncomingMessage, ServerResponse } from 'node:http'
import { systemClock, type Timer } from '@lingpai/core'
import { endSlowRequest } from './server-settings.js'

const timers = new WeakMap<IncomingMessage, Timer>()

/**
 * Ends a request whose body has not arrived after this time. Node's own limit allows for the uploads of authenticated clients; this one
 * keeps other clients from holding connections open with bodies that never end.
 */
export function limitBodyTime(request: IncomingMessage, response: ServerResponse, ms: number): void {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = request.headers
  if (request.complete || (length === '0' && coding === undefined)) return
  const late = (): void => {
    if (request.complete) return
    if (response.headersSent) request.socket.destroy()
    else endSlowRequest(request.socket)
  }
  timers.get(request)?.cancel()
  timers.set(request, systemClock.setTimer(late, ms))
  request.once('close', () => timers.get(request)?.cancel())
}

/** Gives the body of a authenticated client's request all the time that the server allows. */
export function allowBodyTime(request: IncomingMessage): void {
  timers.get(request)?.cancel()
}
