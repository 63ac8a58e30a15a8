import {
  Agent,
  createServer,
  request as sendRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AccountName, DeadCall, Journal, Knowledge, TokenRequest } from './journal.js'
import { callHeaders, deadCodes } from './member-facts.js'
import { nowMs } from './now.js'

/** A proxy in front of the simulator that records every request; headers name the process and what it knew. */
export interface Gate {
  /** `http://127.0.0.1:40123` */
  readonly url: string
  close(): void
}

const shape = /^\/(wechat|wecom)\/cgi-bin\/(token\b|gettoken\b)?/
const probe = /\/cgi-bin\/(getcallbackip|get_api_domain_ip)\b/

interface Passage {
  readonly member: number
  readonly account: AccountName
  readonly isToken: boolean
  /** Whether the core probes a rejected token, which is not a call with it. */
  readonly isProbe: boolean
  /** When the request arrived. */
  readonly atMs: number
  readonly chosenAtMs: number
  readonly knew: Knowledge
  readonly token: string
}

/** What the responses said about a token. */
interface TokenFacts {
  readonly number: number
  readonly issuedAtMs: number
  expiresAtMs: number
}

/** Opens a gate. */
export async function openGate(target: string, journal: Journal): Promise<Gate> {
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
      entry.endedAtMs = nowMs()
    })
    forward(target, agent, request, response, (body) => {
      if (entry !== undefined) {
        remember(tokens, entry, body, !response.destroyed)
      } else if (!passage.isProbe && deadCodes.has(parsed(body)['errcode'])) {
        journal.dead.push(deadCall(passage, tokens.get(passage.token), journal))
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
    member: Number(headers[callHeaders.member]),
    account: account as AccountName,
    isToken: kind !== undefined,
    isProbe: probe.test(url),
    token,
    atMs: nowMs(),
    chosenAtMs: Number(headers[callHeaders.chosenAtMs]),
    knew: headers[callHeaders.knew] as Knowledge,
  }
}

function enter({ account, member }: Passage, inFlight: Set<TokenRequest>, journal: Journal): TokenRequest {
  const entry: TokenRequest = {
    account,
    member,
    startedAtMs: nowMs(),
    endedAtMs: Infinity,
    isNew: false,
    toldLifeMs: 0,
    beside: [...inFlight].filter((other) => other.account === account),
  }
  inFlight.add(entry)
  journal.tokenRequests.push(entry)
  return entry
}

function remember(tokens: Map<string, TokenFacts>, entry: TokenRequest, body: string, isDelivered: boolean): void {
  const { access_token: token, expires_in: seconds } = parsed(body)
  if (typeof token !== 'string') return
  const known = tokens.get(token)
  entry.toldLifeMs = Number(seconds) * 1000
  // No process can know a longer life than the one in a response, counted from before the platform issued the token.
  const expiresAtMs = entry.startedAtMs + entry.toldLifeMs
  const facts = known ?? { number: tokens.size + 1, issuedAtMs: entry.startedAtMs, expiresAtMs }
  facts.expiresAtMs = Math.max(facts.expiresAtMs, expiresAtMs)
  tokens.set(token, facts)
  if (!isDelivered) return
  entry.token = facts.number
  entry.isNew = known === undefined
}

function deadCall(
  { account, member, atMs, chosenAtMs, knew }: Passage,
  facts: TokenFacts | undefined,
  { revocations }: Journal,
): DeadCall {
  const { number: token = 0, issuedAtMs = -Infinity, expiresAtMs = Infinity } = facts ?? {}
  const isRevoked = revocations.some((one) => one.account === account && one.atMs >= issuedAtMs)
  const kind = isRevoked ? 'revoked' : atMs >= expiresAtMs ? 'expired' : 'superseded'
  return { account, member, atMs, chosenAtMs, kind, token, expiresAtMs, knew }
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
      if (answer.complete) onAnswer(Buffer.concat(chunks).toString())
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
