import type { IncomingMessage, ServerResponse } from 'node:http'
import { systemClock, type Timer } from '@lingpai/core'
import { endSlowRequest } from './server-settings.js'

const timers = new WeakMap<IncomingMessage, Timer>()

/**
 * Ends a request whose body has not arrived after this time. Node's own limit must allow for the uploads of known clients; this one is for
 * everybody else, who could keep connections open with bodies that never end.
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

/** Gives the body of a known client's request all the time that the server allows. */
export function allowBodyTime(request: IncomingMessage): void {
  timers.get(request)?.cancel()
}
