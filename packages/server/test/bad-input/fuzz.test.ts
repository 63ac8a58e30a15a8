import { Agent, request as httpRequest } from 'node:http'
import fc from 'fast-check'
import { systemClock } from '@lingpai/core'
import { appIds, openFacadeWorld, secrets, type FacadeWorld } from '../facades/facade-world.js'
import { generatedRequests, type ApiDocument, type GeneratedRequest } from './generated-request.js'

// `npm run fuzz` sends ten thousand different requests. It prints the seed, which LINGPAI_FUZZ_SEED repeats.
const { LINGPAI_FUZZ: wanted, LINGPAI_FUZZ_SEED: repeated } = process.env
const requests = Number(wanted ?? 2500)
const seed = Number(repeated ?? (wanted === undefined ? 20_261_121 : systemClock.now() % 2 ** 31))
/** A request without a response fails after this time. */
const silenceMs = 20_000

let world: FacadeWorld
let agent: Agent
beforeAll(async () => {
  world = await openFacadeWorld({ rateLimit: 1e6 })
  agent = new Agent({ keepAlive: true, maxSockets: 16 })
})
afterAll(async () => {
  agent.destroy()
  await world.close()
})

interface Reply {
  readonly status: number
  readonly text: string
}

function send({ method, path, body, type }: GeneratedRequest, key: string | undefined): Promise<Reply> {
  const { hostname, port } = new URL(world.url)
  const headers = {
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
    ...(body !== undefined && {
      'content-type': type ?? 'application/json',
      'content-length': Buffer.byteLength(body),
    }),
  }
  return new Promise((resolve, reject) => {
    const fail = ({ message }: Error): void => {
      reject(new Error(`seed ${seed}: ${JSON.stringify({ method, path, body })} failed: ${message}`))
    }
    const sent = httpRequest({ hostname, port, method, path, headers, agent, timeout: silenceMs }, (response) => {
      // A stream does not end, so its beginning is the result.
      if (response.headers['content-type']?.startsWith('text/event-stream') === true) {
        response.destroy()
        resolve({ status: response.statusCode ?? 0, text: '' })
        return
      }
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() })
      })
      response.on('error', fail)
    })
    sent.on('error', fail)
    sent.on('timeout', () => sent.destroy(new Error('no response')))
    sent.end(body)
  })
}

/** What names accounts and apps of other keys in a request, and the same for unknown ones. */
const twins = [
  ['/bot', '/nob'],
  [appIds.qq, '109999999'],
  [appIds.corp, 'wwffffffffffffffff'],
] as const

/** The same request for unknown accounts and apps; `undefined` if it concerns none of another key. */
function forUnknownAccounts(generated: GeneratedRequest): GeneratedRequest | undefined {
  const swap = (text: string): string =>
    twins.reduce((swapped, [known, unknown]) => swapped.replaceAll(known, unknown), text)
  const { path, body } = generated
  const twin = { ...generated, path: swap(path), ...(body !== undefined && { body: swap(body) }) }
  return twin.path === path && twin.body === body ? undefined : twin
}

/**
 * An error without the names of its request, which it may quote, and in which it masks whatever some request has reported as a token of
 * the account.
 */
function withoutNames(text: string): string {
  return twins
    .flat()
    .reduce((left, name) => left.replaceAll(name, '***'), text)
    .replace(/\w*\*{3}\w*/g, '***')
}

/** Whether a body is an error, in the native format or that of a platform. Only errors must be equal: other bodies change with time. */
function isError(text: string): boolean {
  return /^\{"(error|errcode|code)":(?!0\b)/.test(text)
}

test('generated requests get 2xx or 4xx, and no key receives data of other keys', async () => {
  const document = (await (await fetch(`${world.url}/openapi.json`)).json()) as ApiDocument
  const keys: Readonly<Record<string, string | undefined>> = {
    none: undefined,
    wrong: `lpk_0000000000_${'A'.repeat(43)}`,
    reader: world.key(['shop'], { rateLimit: 1e6 }),
    admin: world.key(['shop'], { role: 'admin', rateLimit: 1e6 }),
  }
  // Tokens of another account, which must not appear in any response.
  const others = world.key(['bot', 'sales', 'support'])
  const bot = await world.post('/app/getAppAccessToken', { appId: appIds.qq, clientSecret: others })
  const foreign = [bot.access_token, ...Object.values(secrets)]
  const words = ['shop', 'bot', 'nope', ...Object.values(appIds), ...Object.values(keys)].filter(
    (word) => word !== undefined,
  )

  const statuses = new Map<number, number>()
  const check = async (generated: GeneratedRequest): Promise<void> => {
    const key = keys[generated.caller]
    const { status, text } = await send(generated, key)
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    const description = `seed ${seed}: ${JSON.stringify(generated)} gave ${status} ${text.slice(0, 300)}`
    const isRight = (status >= 200 && status < 300) || (status >= 400 && status < 500)
    if (!isRight || foreign.some((secret) => text.includes(secret)) || /node_modules|\.ts:\d/.test(text))
      throw new Error(description)
    const twin = forUnknownAccounts(generated)
    if (twin === undefined) return
    const other = await send(twin, key)
    // Wrong keys are limited: the previous request may have been the last one within the limit.
    if ([text, other.text].some((one) => one.includes('too many wrong client keys'))) return
    const isSame = isError(text) ? withoutNames(other.text) === withoutNames(text) : !isError(other.text)
    if (other.status !== status || !isSame)
      throw new Error(`${description}, and for unknown accounts ${other.status} ${other.text}`)
  }
  const all = fc.sample(generatedRequests({ document, words, callers: Object.keys(keys) }), { numRuns: requests, seed })
  const startedAtMs = systemClock.monotonic()
  // A poll that waits for 0 s has a timer of the world's clock, which fires only when that runs.
  const limits = { limitMs: 0, realLimitMs: 2 * silenceMs }
  for (let i = 0; i < all.length; i += 16)
    await world.clock.runUntil(Promise.all(all.slice(i, i + 16).map(check)), limits)
  const seconds = ((systemClock.monotonic() - startedAtMs) / 1000).toFixed(1)
  process.stdout.write(
    `${requests} requests in ${seconds} s, seed ${seed}: ${JSON.stringify(Object.fromEntries(statuses))}\n`,
  )

  // Valid requests reached the routes, too.
  expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 400, 401, 404]))
  for (const secret of [...foreign, keys['admin'] ?? '', keys['reader'] ?? ''])
    expect(world.logged()).not.toContain(secret)
}, 600_000)
