import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startRedis } from '../../testing/test/support/redis-server.js'
import { withHome } from './sandbox-home.js'

test('four concurrent processes without a token send one request', async () => {
  await withHome(async ({ spawn: start, simulator }) => {
    simulator.fault({ endpoint: 'token', latencyMs: 1500 })
    const children = [1, 2, 3, 4].map(() => start(['token', 'qq-bot', '--json']))
    for (const { code, stderr, json } of await Promise.all(children.map(({ ended }) => ended))) {
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(json).toMatchObject({ generation: 1 })
    }
    expect(simulator.ledger.tokenRequests()).toBe(1)
  })
})

test('the process has the documented exit codes and prints errors to standard error', async () => {
  await withHome(async ({ spawn: start, simulator }) => {
    simulator.change('wecom', { secret: 'reset-elsewhere' })
    const [good, failed, usage, findings] = await Promise.all(
      [
        ['token', 'qq-bot', '--reveal'],
        ['token', 'wecom'],
        ['token', 'unknown'],
        ['doctor', 'wecom'],
      ].map((argv) => start(argv).ended),
    )
    expect([good?.code, failed?.code, usage?.code, findings?.code]).toEqual([0, 1, 2, 3])
    expect(good?.stdout).toMatch(/^simtok_qq_\S+\n$/)
    expect(failed?.stdout).toBe('')
    expect(failed?.stderr).toMatch(/^lingpai: wecom: .*40001/)
  })
})

test('doctor with Redis prints its findings and exits by itself', async () => {
  const redis = await startRedis()
  try {
    await withHome(async ({ spawn: start }) => {
      const { code, stdout, stderr } = await start(['doctor'], { LINGPAI_CACHE: redis.url }).ended
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toContain(`cache use: redis://127.0.0.1:${redis.port} can be written, read and leased`)
      expect(stdout).toMatch(/ 0 fail\n$/)
    })
  } finally {
    await redis.close()
  }
})

test('a closed pipe causes no error', async () => {
  await withHome(async ({ spawn: start }) => {
    const { process: child, ended } = start(['schema'])
    child.stdout.destroy()
    expect(await ended).toMatchObject({ code: 0, stderr: '' })
  })
})

test('Ctrl-C stops the sandbox gracefully', async () => {
  await withHome(async ({ spawn: start }) => {
    const { process: child, ended } = start(['sandbox'])
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    const { code, stdout, stderr } = await ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(
      /export QQ_BOT_APP_ID=102000001 QQ_BOT_SECRET=\S+ QQ_BOT_BASE_URL=http:\/\/127\.0\.0\.1:\d+\/qq\n/,
    )
    expect(stdout).toMatch(
      /\n {2}curl -s http:\/\/127\.0\.0\.1:\d+\/qq\/app\/getAppAccessToken -H 'content-type: application\/json' -d '\{"appId"/,
    )
  })
})

test('a port in use is reported, and the files of the cache are private', async () => {
  await withHome(async ({ spawn: start, simulator, directory }) => {
    const { code, stderr } = await start(['sandbox', '--port', new URL(simulator.url).port]).ended
    expect(code).toBe(2)
    expect(stderr).toMatch(/port \d+ is already in use\n {2}hint: Omit --port/)
    expect(await readdir(directory)).toEqual([])
  })
})

test('npm run story matches its text and prints no token', async () => {
  const script = fileURLToPath(new URL('../../../examples/story/story.ts', import.meta.url))
  const args = ['--conditions=@lingpai/source', '--import', import.meta.resolve('tsx'), script]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (part: Buffer) => (text += part.toString()))
  const [code] = (await once(child, 'close')) as [number]
  expect(code).toBe(0)
  expect(text).toMatch(/refused with 11244, then 200; generation 2 +1\n/)
  expect(text).toMatch(/9 tokens for 2 processes and over 3,000 calls +9\n/)
  expect(text).not.toMatch(/simtok_|-not-real/)
  expect(text).not.toContain('\u001B')
})
