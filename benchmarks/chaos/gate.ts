import {
  Agent,
  createServer,
  request as sendRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AccountName, DeadCall, Journal, TokenRequest } from './journal.js'

/** Stands before the simulator and writes down who asks what: a header names the process. */
export interface Gate {
  /** `http://127.0.0.1:40123` */
  readonly url: string
  close(): void
}

const deadCodes = new Set([40001, 40014, 42001])
const shape = /^\/(wechat|wecom)\/cgi-bin\/(token\b|gettoken\b)?/

interface Passage {
  readonly member: number
  readonly account: AccountName
  readonly isToken: boolean
  /** When the request came. */
  readonly atMs: number
  readonly token: string
}

/** When a token was asked for, and who was told that it is dead. */
interface TokenFacts {
  readonly issuedAtMs: number
  readonly toldAtMs: Map<number, number>
}

/** Opens a gate. @param lifeMs how long tokens live */
export async function openGate(target: string, lifeMs: number, journal: Journal): Promise<Gate> {
  const agent = new Agent({ keepAlive: true, maxSockets: 512 })
  const inFlight = new Set<TokenRequest>()
  const tokens = new Map<string, TokenFacts>()
  const server = createServer((request, response) => {
    const passage = passageOf(request)
    if (passage === undefined) {
      response.writeHead(404).end()
      return
    }
    const entry = passage.isToken ? enter(passage, inFlight, journal) : undefined
    response.once('close', () => {
      if (entry === undefined) return
      inFlight.delete(entry)
      entry.endedAtMs = performance.now()
    })
    forward(target, agent, request, response, (body) => {
      if (entry !== undefined) {
        remember(tokens, entry, body)
      } else if (deadCodes.has(Number(parsed(body)['errcode']))) {
        journal.dead.push(deadCall(passage, tokens, lifeMs, journal))
      }
    })
  })
  await listen(server)
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close()
      server.closeAllConnections()
      agent.destroy()
    },
  }
}

function passageOf({ url = '', headers }: IncomingMessage): Passage | undefined {
  const [all, account, kind] = shape.exec(url) ?? []
  if (all === undefined) return undefined
  const token = new URL(url, 'http://gate').searchParams.get('access_token') ?? ''
  return {
    member: Number(headers['x-member']),
    account: account as AccountName,
    isToken: kind !== undefined,
    token,
    atMs: performance.now(),
  }
}

function enter({ account, member }: Passage, inFlight: Set<TokenRequest>, journal: Journal): TokenRequest {
  const entry: TokenRequest = {
    account,
    member,
    startedAtMs: performance.now(),
    endedAtMs: Infinity,
    isAnswered: false,
    isNew: false,
    beside: [...inFlight].filter((other) => other.account === account),
  }
  inFlight.add(entry)
  journal.tokenRequests.push(entry)
  return entry
}

function remember(tokens: Map<string, TokenFacts>, entry: TokenRequest, body: string): void {
  const { access_token: token } = parsed(body)
  if (typeof token !== 'string') return
  entry.isAnswered = true
  entry.isNew = !tokens.has(token)
  if (entry.isNew) tokens.set(token, { issuedAtMs: entry.startedAtMs, toldAtMs: new Map() })
}

function deadCall(
  { account, member, token, atMs }: Passage,
  tokens: Map<string, TokenFacts>,
  lifeMs: number,
  { revocations }: Journal,
): DeadCall {
  const facts = tokens.get(token)
  if (facts === undefined) return { account, member, atMs, kind: 'unknown' }
  const toldAtMs = facts.toldAtMs.get(member)
  if (toldAtMs === undefined) facts.toldAtMs.set(member, performance.now())
  const isRevoked = revocations.some(
    (one) => one.account === account && one.atMs >= facts.issuedAtMs && one.atMs <= performance.now(),
  )
  const overdueMs = atMs - facts.issuedAtMs - lifeMs
  const isExpired = overdueMs >= 0
  const kind = isRevoked ? 'revoked' : isExpired ? 'expired' : 'superseded'
  return { account, member, atMs, kind, overdueMs, ...(toldAtMs !== undefined && { toldAtMs }) }
}

function forward(
  target: string,
  agent: Agent,
  request: IncomingMessage,
  response: ServerResponse,
  onAnswer: (body: string) => void,
): void {
  const { method, headers, url = '' } = request
  const onward = sendRequest(`${target}${url}`, { method, headers, agent }, (answer) => {
    const chunks: Buffer[] = []
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      response.write(chunk)
    })
    answer.once('end', () => {
      if (answer.complete && !response.destroyed) onAnswer(Buffer.concat(chunks).toString())
      response.end()
    })
    answer.once('error', () => response.destroy())
  })
  onward.once('error', () => response.destroy())
  response.once('close', () => onward.destroy())
  request.pipe(onward)
}

function parsed(body: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(body) as Readonly<Record<string, unknown>>
  } catch {
    return {}
  }
}

function listen(server: Server): Promise<void> {
  server.keepAliveTimeout = 600_000
  return new Promise((resolve) => {
    server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, resolve)
  })
}
