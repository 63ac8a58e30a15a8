import { connect } from 'node:net'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { systemClock } from '@lingpai/core'
import { fuzzedCalls, mark, type FuzzedCall } from './fuzzed-call.js'
import { openFuzzWorld, type FuzzWorld, type HostCall } from './fuzz-world.js'

// `npm run fuzz` sends ten thousand calls. It prints the seed, which LINGPAI_FUZZ_SEED repeats.
const { LINGPAI_FUZZ: wanted, LINGPAI_FUZZ_SEED: repeated } = process.env
const count = Number(wanted ?? 2000)
const seed = Number(repeated ?? (wanted === undefined ? 20_261_129 : systemClock.now() % 2 ** 31))
const atOnce = 32
/** A malformed request may make the server wait for more. So many further requests are answered before a call is given up. */
const patience = 40

let world: FuzzWorld
beforeAll(async () => {
  world = await openFuzzWorld()
})
afterAll(() => world.close())

/** A connection that has sent the bytes of a call. */
interface Sent {
  /** All that came back, once a response is whole or the connection is closed. */
  readonly received: Promise<Buffer>
  giveUp(): void
}

function send(bytes: Buffer): Sent {
  const { hostname, port } = new URL(world.url)
  const parts: Buffer[] = []
  const socket = connect(Number(port), hostname)
  const received = new Promise<Buffer>((resolve) => {
    socket.on('data', (part) => {
      parts.push(part)
      if (isWhole(Buffer.concat(parts))) socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.once('close', () => {
      resolve(Buffer.concat(parts))
    })
  })
  socket.write(bytes)
  return { received, giveUp: () => socket.destroy() }
}

/** Sends calls at the same time and returns what came back. */
async function exchange(requests: readonly Buffer[]): Promise<readonly Buffer[]> {
  const sent = requests.map(send)
  const all = Promise.all(sent.map(({ received }) => received))
  const waiting = new Set(sent)
  for (const one of sent) void one.received.then(() => waiting.delete(one))
  for (let tries = 0; waiting.size > 0 && tries < patience; tries += 1)
    await (await fetch(`${world.url}/healthz`)).text()
  for (const { giveUp } of sent) giveUp()
  return all
}

function isWhole(received: Buffer): boolean {
  const end = received.indexOf('\r\n\r\n')
  const head = received.subarray(0, end).toString('latin1')
  if (end < 0 || /^HTTP\/1.1 100/.test(head)) return false
  const length = /^content-length: (\d+)/im.exec(head)?.[1]
  return length === undefined
    ? received.subarray(-5).toString() === '0\r\n\r\n'
    : received.length >= end + 4 + Number(length)
}

/** What a client sees, also of a compressed body. */
function textOf(received: Buffer): string {
  const at = received.indexOf(Buffer.from([0x1f, 0x8b]))
  if (at < 0) return received.toString('latin1')
  try {
    return received.toString('latin1') + gunzipSync(received.subarray(at)).toString()
  } catch {
    return received.toString('latin1')
  }
}

/** What is wrong with a call that a host received; empty if nothing is. */
function faultsOf(call: HostCall, sent: ReadonlyMap<string, FuzzedCall>): readonly string[] {
  const seen = `${call.url}\n${call.rawHeaders.join('\n')}`
  const marks = [...new Set([...seen.matchAll(/~(\d{5})~/g)].map(([, number = '']) => number))]
  const owner = world.accounts.find(({ name }) => name === call.account)
  const others = world.accounts.filter(({ name }) => name !== call.account)
  const passes = world.accounts.flatMap((account) => account.passes)
  return [
    ...(owner !== undefined && seen.includes(owner.token) ? [] : ['has no token of its account']),
    ...(others.some(({ token }) => seen.includes(token)) ? ['has the token of another account'] : []),
    ...(passes.some((pass) => seen.includes(pass)) ? ['has a surrogate or a client key'] : []),
    ...(marks.some((number) => sent.get(number)?.accounts.includes(call.account) === false)
      ? ['has the wrong host']
      : []),
    ...(call.headers['x-original-url'] !== undefined || call.headers.host?.startsWith('127.0.0.1') !== true
      ? ['has a foreign host']
      : []),
  ]
}

test('no fuzzed call reaches a host that is not of its account, and no real token reaches a client, a log line or another host', async () => {
  const calls = fc.sample(fuzzedCalls(world.accounts, world.refused), { numRuns: count, seed })
  const secrets = world.accounts.map(({ token }) => token)
  const sent = new Map<string, FuzzedCall>()
  const statuses = new Map<string, number>()
  const reached = new Map<string, number>()
  const check = async (at: number, group: readonly FuzzedCall[]): Promise<void> => {
    const requests = group.map((call, index) => {
      const number = String(at + index).padStart(5, '0')
      sent.set(number, call)
      return Buffer.from(call.bytes.toString('latin1').replaceAll(mark, `~${number}~`), 'latin1')
    })
    const texts = (await exchange(requests)).map(textOf)
    for (const [index, text] of texts.entries()) {
      const status = /^HTTP\/1.1 (\d{3})/.exec(text)?.[1] ?? 'none'
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      // A client that knows a real token sees it in its own request only.
      const own = requests[index]?.toString('latin1') ?? ''
      const leaked = secrets.filter((secret) => text.includes(secret) && !own.includes(secret))
      if (leaked.length > 0) throw new Error(`seed ${seed}: ${own} gave a real token: ${text}`)
    }
    for (const call of world.calls()) {
      reached.set(call.account, (reached.get(call.account) ?? 0) + 1)
      const faults = faultsOf(call, sent)
      if (faults.length > 0) throw new Error(`seed ${seed}: ${JSON.stringify(call)} ${faults.join(', ')}`)
    }
  }
  const startMs = systemClock.monotonic()
  for (let at = 0; at < calls.length; at += atOnce) await check(at, calls.slice(at, at + atOnce))
  const seconds = ((systemClock.monotonic() - startMs) / 1000).toFixed(1)
  const told = [...statuses].sort().map(([status, number]) => `${status}: ${number}`)
  const hosts = [...reached].sort().map(([name, number]) => `${name}: ${number}`)
  process.stdout.write(
    `${count} calls in ${seconds} s, seed ${seed}: ${told.join(', ')}; sent on: ${hosts.join(', ')}\n`,
  )

  expect(world.strays).toEqual([])
  // Enough calls were good ones.
  expect(reached.size).toBe(world.accounts.length)
  expect([...reached.values()].reduce((sum, number) => sum + number, 0)).toBeGreaterThan(count / 10)
  const hidden = [...secrets, ...world.accounts.flatMap(({ passes }) => passes)]
  const log = world.logged()
  expect(hidden.filter((secret) => log.includes(secret))).toEqual([])
}, 600_000)
