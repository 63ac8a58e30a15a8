import type { ServerResponse } from 'node:http'
import type { Clock } from '@lingpai/core'
import type { FaultEffect } from './faults.js'

/** A response as it would be sent without a fault. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** An object is sent as JSON. */
  readonly body: unknown
}

/** Sends the response as far as the fault allows. Delays use `clock`; a connection that closed meanwhile is ignored. */
export function deliver(response: ServerResponse, answer: Answer, fault: FaultEffect, clock: Clock): void {
  if (fault.hang === true) return
  if ((fault.latencyMs ?? 0) === 0) send(response, answer, fault, clock)
  else clock.setTimer(() => void (response.destroyed || send(response, answer, fault, clock)), fault.latencyMs ?? 0)
}

function send(response: ServerResponse, answer: Answer, fault: FaultEffect, clock: Clock): void {
  const { socket } = response
  if (fault.drop === 'before' || fault.drop === 'after') {
    socket?.resetAndDestroy()
  } else if (fault.raw !== undefined) {
    socket?.end(fault.raw)
  } else {
    sendReply(response, replaced(answer, fault), fault, clock)
  }
}

/** Applies the parts that a fault replaces. */
function replaced(answer: Answer, { status, body, headers, redirect, work }: FaultEffect): Answer {
  if (redirect !== undefined) {
    return { status: status ?? 302, headers: { ...headers, location: redirect }, body: body ?? '' }
  }
  const keepsBody = status === undefined || work === true
  return {
    status: status ?? (body === undefined ? answer.status : 200),
    headers: { ...answer.headers, ...headers },
    body: body ?? (keepsBody ? answer.body : ''),
  }
}

function sendReply(
  response: ServerResponse,
  { status, headers, body }: Answer,
  fault: FaultEffect,
  clock: Clock,
): void {
  const isText = typeof body === 'string'
  const whole = Buffer.from(isText ? body : JSON.stringify(body))
  const bytes = whole.subarray(0, fault.truncate ?? whole.length)
  const type = isText ? (body.startsWith('<') ? 'text/html' : 'text/plain') : 'application/json'
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'content-length': String(bytes.length),
    ...headers,
  })
  if (fault.drop === 'midway') {
    response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.socket?.resetAndDestroy())
  } else if (fault.dripMs === undefined) {
    response.end(bytes)
  } else {
    drip(response, bytes, fault.dripMs, clock)
  }
}

function drip(response: ServerResponse, bytes: Buffer, pauseMs: number, clock: Clock): void {
  if (response.destroyed) return
  if (bytes.length === 0) {
    response.end()
    return
  }
  response.write(bytes.subarray(0, 1))
  clock.setTimer(() => {
    drip(response, bytes.subarray(1), pauseMs, clock)
  }, pauseMs)
}
