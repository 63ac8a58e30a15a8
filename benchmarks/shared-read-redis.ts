import { redisCache } from '@lingpai/cache-redis'
import { createClient } from '@keyv/redis'
import { spawn } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'

/**
 * `redisCache.get` against GET of the raw client, on one Redis, in turn in one run, with one call in flight and with fifty.
 * Compare the ratio. `REDIS_URL` names a server; without it, the benchmark starts a `redis-server` from the PATH.
 *
 * node --conditions=@lingpai/source --import tsx benchmarks/shared-read-redis.ts
 */
const callsPerRound = 2000
const rounds = 41
const key = 'lingpai:1:wechat-mp:app:api.weixin.qq.com:wx0123456789abcdef:5d41402abc4b2a76'
const value = JSON.stringify({ format: 1, access_token: 'x'.repeat(512), expires_in: 7200, generation: 1 })

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const given = process.env['REDIS_URL']
const port = given === undefined ? await freePort() : 0
const server = given === undefined ? spawn('redis-server', ['--port', String(port), '--save', '']) : undefined
if (server !== undefined) {
  await new Promise<void>((resolve) => {
    server.stdout.on('data', (text: Buffer) => {
      if (String(text).includes('Ready to accept')) resolve()
    })
  })
}
const url = given ?? `redis://127.0.0.1:${port}`
const cache = redisCache({ url })
const client = createClient({ url })
await client.connect()
await cache.set(key, value, Date.now() + 600_000)
const storedKey = `lingpai:{${key}}`

const reads: Readonly<Record<'raw' | 'ours', () => Promise<unknown>>> = {
  raw: () => client.get(storedKey),
  ours: () => cache.get(key),
}

/** Microseconds per call. */
async function measure(read: () => Promise<unknown>, inFlight: number): Promise<number> {
  const startedAt = performance.now()
  const lane = async (): Promise<void> => {
    for (let call = 0; call < callsPerRound / inFlight; call += 1) await read()
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
  return ((performance.now() - startedAt) * 1000) / callsPerRound
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN

for (const inFlight of [1, 50]) {
  const pairs: { readonly raw: number; readonly ours: number }[] = []
  for (let round = 0; round < rounds + 3; round += 1) {
    const isOursFirst = round % 2 === 0
    const first = await measure(isOursFirst ? reads.ours : reads.raw, inFlight)
    const second = await measure(isOursFirst ? reads.raw : reads.ours, inFlight)
    if (round >= 3) pairs.push(isOursFirst ? { ours: first, raw: second } : { ours: second, raw: first })
  }
  const ratios = pairs.map(({ ours, raw }) => ours / raw).sort((a, b) => a - b)
  process.stdout.write(
    `${[
      `shared read, ${inFlight} in flight, ${rounds} paired rounds of ${callsPerRound} calls, node ${process.version}`,
      `raw GET        ${median(pairs.map(({ raw }) => raw)).toFixed(1)} us`,
      `redisCache.get ${median(pairs.map(({ ours }) => ours)).toFixed(1)} us`,
      `ratio          ${median(ratios).toFixed(3)} (min ${ratios[0]?.toFixed(3)}, max ${ratios.at(-1)?.toFixed(3)}; wanted at most 1.3 with one in flight)`,
    ].join('\n')}\n`,
  )
}
client.destroy()
await cache.close()
server?.kill('SIGKILL')
