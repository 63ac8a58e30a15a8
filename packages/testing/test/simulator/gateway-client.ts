import { WebSocket } from 'ws'
import type { Calls } from './simulator-calls.js'

export interface Frame {
  readonly op: number
  readonly d: unknown
  readonly s?: number
  readonly t?: string
  readonly id?: string
}

/** A client without any sense of its own: it says what the test says. */
export interface GatewayClient {
  readonly frames: readonly Frame[]
  /** 0 while it is open; 1006 where no close frame came. */
  readonly closeCode: number
  readonly socket: WebSocket
  send(payload: unknown): Promise<void>
  identify(changes?: object): Promise<void>
  resume(sessionId: string, seq: number): Promise<void>
  events(): readonly (readonly [seq: number | undefined, type: string | undefined])[]
}

/** Connects a client whose payloads carry the current token. */
export async function gatewayClient({ simulator, clock, qqToken }: Calls): Promise<GatewayClient> {
  const token = `QQBot ${(await qqToken()).body.access_token}`
  const socket = new WebSocket(`${simulator.url.replace('http', 'ws')}/qq/websocket`)
  const frames: Frame[] = []
  let closeCode = 0
  socket.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString()) as Frame))
  socket.on('close', (code) => (closeCode = code))
  socket.on('error', () => undefined)
  await clock.settle()
  const send = async (payload: unknown): Promise<void> => {
    socket.send(typeof payload === 'string' ? payload : JSON.stringify(payload))
    await clock.settle()
  }
  return {
    frames,
    socket,
    get closeCode() {
      return closeCode
    },
    send,
    identify: (changes) => send({ op: 2, d: { token, intents: 1 << 25, shard: [0, 1], ...changes } }),
    resume: (sessionId, seq) => send({ op: 6, d: { token, session_id: sessionId, seq } }),
    events: () => frames.filter(({ op }) => op === 0).map(({ s, t }) => [s, t] as const),
  }
}
